#include "tests/support/command.hpp"

#include <fcntl.h>
#include <poll.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cerrno>
#include <chrono>
#include <csignal>
#include <stdexcept>

namespace footfall::test {
namespace {

constexpr auto longest_run = std::chrono::minutes(4);

struct Pipe {
  Pipe() {
    if (pipe2(ends.data(), O_CLOEXEC) != 0) throw std::runtime_error("no pipe");
  }
  std::array<int, 2> ends{-1, -1};
};

/// In the child: never returns.
[[noreturn]] void become(const std::string& program, const std::vector<std::string>& arguments, const CommandOptions& options,
                         const Pipe& out, const Pipe& err) {
  std::vector<char*> words = {const_cast<char*>(program.c_str())};
  for (const std::string& argument : arguments) words.push_back(const_cast<char*>(argument.c_str()));
  words.push_back(nullptr);
  const int nothing = open("/dev/null", O_RDONLY);
  dup2(nothing, STDIN_FILENO);
  dup2(out.ends[1], STDOUT_FILENO);
  dup2(err.ends[1], STDERR_FILENO);
  if (chdir(options.folder.c_str()) != 0) _exit(126);
  if (options.largest_file) {
    const rlimit limit{*options.largest_file, *options.largest_file};
    if (setrlimit(RLIMIT_FSIZE, &limit) != 0) _exit(126);
  }
  execv(program.c_str(), words.data());
  _exit(127);
}

/// Reads both pipes until the program has closed them, or its time is over.
void listen(const Pipe& out, const Pipe& err, pid_t child, const CommandOptions& options, CommandResult& result) {
  std::array<pollfd, 2> waiting = {pollfd{out.ends[0], POLLIN, 0}, pollfd{err.ends[0], POLLIN, 0}};
  std::array<std::string*, 2> text = {&result.out, &result.err};
  const std::chrono::duration<double> allowed = options.kill_after ? std::chrono::duration<double>(*options.kill_after) : longest_run;
  const auto end = std::chrono::steady_clock::now() + std::chrono::duration_cast<std::chrono::steady_clock::duration>(allowed);
  std::array<char, 65536> block{};
  while (waiting[0].fd >= 0 || waiting[1].fd >= 0) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(end - std::chrono::steady_clock::now()).count();
    if (left <= 0 || poll(waiting.data(), waiting.size(), static_cast<int>(left)) == 0) {
      kill(child, SIGKILL);
      if (!options.kill_after) result.err += "\n(killed by the test: it took too long)";
      return;
    }
    for (std::size_t i = 0; i < waiting.size(); ++i) {
      if (waiting[i].fd < 0 || waiting[i].revents == 0) continue;
      const ssize_t n = read(waiting[i].fd, block.data(), block.size());
      if (n > 0) {
        text[i]->append(block.data(), static_cast<std::size_t>(n));
      } else if (n == 0 || errno != EINTR) {
        waiting[i].fd = -1;
      }
    }
  }
}

}  // namespace

std::string CommandResult::last_line() const {
  std::string text = err;
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text.substr(text.rfind('\n') + 1);  // npos + 1 is 0
}

CommandResult run_command(const std::string& program, const std::vector<std::string>& arguments, const CommandOptions& options) {
  const Pipe out, err;
  const pid_t child = fork();
  if (child < 0) throw std::runtime_error("no process");
  if (child == 0) become(program, arguments, options, out, err);
  close(out.ends[1]);
  close(err.ends[1]);
  CommandResult result;
  listen(out, err, child, options, result);
  close(out.ends[0]);
  close(err.ends[0]);
  int state = 0;
  while (waitpid(child, &state, 0) < 0 && errno == EINTR) {
  }
  result.status = WIFEXITED(state) ? WEXITSTATUS(state) : 128 + WTERMSIG(state);
  return result;
}

std::string listing(const std::filesystem::path& folder) {
  std::vector<std::string> lines;
  for (const auto& entry : std::filesystem::recursive_directory_iterator(folder))
    lines.push_back(entry.path().lexically_relative(folder).string() +
                    (entry.is_regular_file() ? " " + std::to_string(entry.file_size()) : "/"));
  std::sort(lines.begin(), lines.end());
  std::string text;
  for (const std::string& line : lines) text += line + "\n";
  return text;
}

}  // namespace footfall::test
