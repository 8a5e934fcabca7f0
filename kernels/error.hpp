#pragma once

#include <stdexcept>
#include <string>
#include <string_view>

namespace footfall {

/// Why something cannot go on. The command line turns the kind into its exit status.
enum class ErrorKind {
  bad_input,  ///< wrong use, a job or a file that is not as it must be: exit 2
  failed,     ///< the machine let us down while running: a full disk, a lost device, too little memory: exit 1
};

/// The one exception of the whole program. `what()` is the place and the cause in the user's terms, followed by "; " and the remedy
/// when there is one.
class Error : public std::runtime_error {
 public:
  Error(ErrorKind kind, std::string_view message, std::string_view remedy = {})
      : std::runtime_error(remedy.empty() ? std::string(message) : std::string(message) + "; " + std::string(remedy)), kind_(kind) {}

  [[nodiscard]] ErrorKind kind() const noexcept { return kind_; }

 private:
  ErrorKind kind_;
};

[[nodiscard]] inline Error bad_input(std::string_view message, std::string_view remedy = {}) {
  return Error(ErrorKind::bad_input, message, remedy);
}

[[nodiscard]] inline Error failure(std::string_view message, std::string_view remedy = {}) {
  return Error(ErrorKind::failed, message, remedy);
}

/// Throws when a shape or another precondition of an operation does not hold: a fault of the program, never of its user.
inline void require(bool holds, std::string_view what) {
  if (!holds) throw Error(ErrorKind::failed, std::string("internal: ") + std::string(what), "please report this");
}

}  // namespace footfall
