#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "kernels/error.hpp"

namespace footfall {

/// One piece of a text: a bare word, a quoted one (without its quotes, escapes resolved), or a mark of one character.
struct Token {
  enum class Kind { end, word, quoted, mark };
  Kind kind = Kind::end;
  std::string text;
  std::int64_t line = 1;

  [[nodiscard]] bool is_mark(char mark) const { return kind == Kind::mark && text[0] == mark; }
  [[nodiscard]] bool is_word(std::string_view word) const { return kind == Kind::word && text == word; }
  /// A word, quoted or not: what may be a name.
  [[nodiscard]] bool is_name() const { return kind == Kind::word || kind == Kind::quoted; }
};

/// What a text format takes for marks and comments.
struct ScanRules {
  std::string_view marks;            ///< characters that stand for themselves
  bool slash_comments = false;       ///< `//` to the end of the line, `/*` to `*/`
  char line_comment = '\0';          ///< one more character that begins a comment
};

/// Cuts a text into tokens. The text must outlive it.
class Scanner {
 public:
  Scanner(std::string_view text, std::string file, ScanRules rules);

  [[nodiscard]] const Token& peek();
  Token next();
  /// The next token must be this mark, this word, or a name. `place` says where, as "after the name of the variable".
  void expect_mark(char mark, std::string_view place);
  void expect_word(std::string_view word, std::string_view place);
  [[nodiscard]] std::string expect_name(std::string_view what);
  /// Takes the mark if it is next.
  bool take_mark(char mark);
  /// Skips to behind the next such mark outside quotes.
  void skip_behind(char mark, std::string_view place);

  [[nodiscard]] std::size_t place() const;      ///< of the next token
  void go_back(std::size_t place, std::int64_t line);

  [[nodiscard]] double number(const Token& token) const;
  /// "file:line: cause; remedy"
  [[nodiscard]] Error error(std::int64_t line, std::string_view cause, std::string_view remedy) const;
  [[nodiscard]] Error unexpected(const Token& token, std::string_view wanted) const;

 private:
  void skip_blanks();
  [[nodiscard]] Token scan();
  [[nodiscard]] Token scan_quoted();
  [[nodiscard]] bool starts_comment() const;

  std::string_view text_;
  std::string file_;
  ScanRules rules_;
  std::size_t at_ = 0;
  std::int64_t line_ = 1;
  bool has_token_ = false;
  std::size_t token_begin_ = 0;
  Token token_;
};

/// True when a name reads back as it is without quotes.
[[nodiscard]] bool is_bare_word(std::string_view name, const ScanRules& rules);
/// The name, quoted where it must be.
[[nodiscard]] std::string quoted_where_needed(std::string_view name, const ScanRules& rules);
[[nodiscard]] std::string quoted(std::string_view name);

}  // namespace footfall
