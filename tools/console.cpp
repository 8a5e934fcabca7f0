#include "tools/console.hpp"

#include <unistd.h>

#include <chrono>
#include <cstdio>

#include <fmt/format.h>
#include <nlohmann/json.hpp>

namespace footfall {
namespace {

using Clock_ = std::chrono::steady_clock;

constexpr double seconds_between_lines = 5.0;
constexpr double seconds_between_bars = 0.1;

/// One stage at a time; a new name starts a new bar.
class Progress {
 public:
  explicit Progress(bool json) : json_(json), terminal_(isatty(STDERR_FILENO) == 1 && !json) {}

  void say(const std::string& sentence) {
    erase_bar();
    if (json_) {
      fmt::print(stderr, "{}\n", nlohmann::json{{"message", sentence}}.dump());
    } else {
      fmt::print(stderr, "{}\n", sentence);
    }
  }

  void advance(const std::string& stage, std::int64_t done, std::int64_t total, const std::string& unit) {
    const auto now = Clock_::now();
    if (stage != stage_) {
      stage_ = stage;
      began_ = now;
      shown_ = now;
    }
    const double since = std::chrono::duration<double>(now - shown_).count();
    if (since < (terminal_ ? seconds_between_bars : seconds_between_lines) && done < total) return;
    shown_ = now;
    const double seconds = std::max(std::chrono::duration<double>(now - began_).count(), 1e-9);
    const double rate = static_cast<double>(done) / seconds;
    const double left = rate > 0.0 ? static_cast<double>(total - done) / rate : 0.0;
    if (json_) {
      fmt::print(stderr, "{}\n", nlohmann::json{{"stage", stage}, {"done", done}, {"total", total}, {"unit", unit}, {"rate", rate}}.dump());
    } else if (terminal_) {
      constexpr int width = 24;
      const int full = total > 0 ? static_cast<int>(width * done / total) : width;
      fmt::print(stderr, "\r\033[K{} [{:<{}}] {}/{} {}, {:.0f}/s, {:.0f} s left", stage, std::string(static_cast<std::size_t>(full), '#'), width, done, total, unit, rate, left);
      std::fflush(stderr);
      bar_ = done < total;
      if (!bar_) erase_bar(true);
    }
  }

 private:
  void erase_bar(bool always = false) {
    if (bar_ || always) fmt::print(stderr, "\r\033[K");
    bar_ = false;
  }

  bool json_, terminal_, bar_ = false;
  std::string stage_;
  Clock_::time_point began_{}, shown_{};
};

}  // namespace

Observer console_observer(bool quiet, bool json) {
  if (quiet) return {};
  auto progress = std::make_shared<Progress>(json);
  return {[progress](const std::string& sentence) { progress->say(sentence); },
          [progress](const std::string& stage, std::int64_t done, std::int64_t total, const std::string& unit) { progress->advance(stage, done, total, unit); }};
}

void print_error(const std::string& message, bool json) {
  if (json) {
    fmt::print(stderr, "{}\n", nlohmann::json{{"error", message}}.dump(-1, ' ', false, nlohmann::json::error_handler_t::replace));
  } else {
    fmt::print(stderr, "footfall: {}\n", message);
  }
}

}  // namespace footfall
