#include "host/networks/scanner.hpp"

#include <charconv>
#include <cmath>
#include <utility>

#include <fmt/format.h>

namespace footfall {
namespace {

bool is_blank(char c) { return c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == '\f' || c == '\v'; }

/// A token for a message: not longer than a line.
std::string shown(const Token& token) {
  if (token.kind == Token::Kind::end) return "the end of the file";
  constexpr std::size_t longest = 40;
  return token.text.size() <= longest ? "\"" + token.text + "\"" : "\"" + token.text.substr(0, longest) + "…\"";
}

}  // namespace

Scanner::Scanner(std::string_view text, std::string file, ScanRules rules) : text_(text), file_(std::move(file)), rules_(rules) {
  if (text_.substr(0, 3) == "\xEF\xBB\xBF") at_ = 3;  // a byte order mark
}

Error Scanner::error(std::int64_t line, std::string_view cause, std::string_view remedy) const {
  return bad_input(fmt::format("{}:{}: {}", file_, line, cause), remedy);
}

Error Scanner::unexpected(const Token& token, std::string_view wanted) const {
  return error(token.line, fmt::format("{} stands where {} is expected", shown(token), wanted),
               token.kind == Token::Kind::end ? "the file is cut off; get it again" : "fix the file");
}

bool Scanner::starts_comment() const {
  if (text_[at_] == rules_.line_comment && rules_.line_comment != '\0') return true;
  return rules_.slash_comments && text_[at_] == '/' && at_ + 1 < text_.size() && (text_[at_ + 1] == '/' || text_[at_ + 1] == '*');
}

void Scanner::skip_blanks() {
  while (at_ < text_.size()) {
    if (is_blank(text_[at_])) {
      line_ += text_[at_++] == '\n';
    } else if (starts_comment()) {
      if (rules_.slash_comments && text_.substr(at_, 2) == "/*") {
        const std::size_t end = text_.find("*/", at_ + 2);
        if (end == std::string_view::npos) throw error(line_, "a comment is not closed", "the file is cut off, or */ is missing");
        for (; at_ < end + 2; ++at_) line_ += text_[at_] == '\n';
      } else {
        at_ = std::min(text_.find('\n', at_), text_.size());
      }
    } else {
      return;
    }
  }
}

Token Scanner::scan_quoted() {
  Token token{Token::Kind::quoted, {}, line_};
  for (++at_; at_ < text_.size(); ++at_) {
    char c = text_[at_];
    if (c == '"') {
      ++at_;
      return token;
    }
    if (c == '\\' && at_ + 1 < text_.size() && (text_[at_ + 1] == '"' || text_[at_ + 1] == '\\')) c = text_[++at_];
    line_ += c == '\n';
    token.text.push_back(c);
  }
  throw error(token.line, "a quote is not closed", "the file is cut off, or a \" is missing");
}

Token Scanner::scan() {
  skip_blanks();
  token_begin_ = at_;
  if (at_ == text_.size()) return {Token::Kind::end, {}, line_};
  if (text_[at_] == '"') return scan_quoted();
  if (rules_.marks.find(text_[at_]) != std::string_view::npos) return {Token::Kind::mark, std::string(1, text_[at_++]), line_};
  const std::size_t begin = at_;
  while (at_ < text_.size() && !is_blank(text_[at_]) && text_[at_] != '"' && rules_.marks.find(text_[at_]) == std::string_view::npos && !starts_comment()) ++at_;
  return {Token::Kind::word, std::string(text_.substr(begin, at_ - begin)), line_};
}

const Token& Scanner::peek() {
  if (!has_token_) {
    token_ = scan();
    has_token_ = true;
  }
  return token_;
}

Token Scanner::next() {
  (void)peek();
  has_token_ = false;
  return std::move(token_);
}

std::size_t Scanner::place() const { return has_token_ ? token_begin_ : at_; }

void Scanner::go_back(std::size_t place, std::int64_t line) {
  at_ = place;
  line_ = line;
  has_token_ = false;
}

void Scanner::expect_mark(char mark, std::string_view place) {
  const Token token = next();
  if (!token.is_mark(mark)) throw unexpected(token, fmt::format("\"{}\" {}", mark, place));
}

void Scanner::expect_word(std::string_view word, std::string_view place) {
  const Token token = next();
  if (!token.is_word(word)) throw unexpected(token, fmt::format("\"{}\" {}", word, place));
}

std::string Scanner::expect_name(std::string_view what) {
  Token token = next();
  if (!token.is_name()) throw unexpected(token, what);
  return std::move(token.text);
}

bool Scanner::take_mark(char mark) {
  if (!peek().is_mark(mark)) return false;
  has_token_ = false;
  return true;
}

void Scanner::skip_behind(char mark, std::string_view place) {
  for (;;) {
    const Token token = next();
    if (token.is_mark(mark)) return;
    if (token.kind == Token::Kind::end) throw unexpected(token, fmt::format("\"{}\" {}", mark, place));
  }
}

double Scanner::number(const Token& token) const {
  double value = 0.0;
  const char* end = token.text.data() + token.text.size();
  const auto [stop, problem] = std::from_chars(token.text.data(), end, value);
  if (token.kind != Token::Kind::word || (problem == std::errc() && stop != end) || problem == std::errc::invalid_argument) throw unexpected(token, "a number");
  // Too small for float64 is 0; too large, infinite and NaN are no probabilities.
  if (problem == std::errc::result_out_of_range) value = token.text.find('-') == std::string::npos ? HUGE_VAL : 0.0;
  if (!std::isfinite(value) || value < 0.0) throw error(token.line, fmt::format("{} is no probability", shown(token)), "give a number from 0 to 1");
  return value;
}

bool is_bare_word(std::string_view name, const ScanRules& rules) {
  if (name.empty()) return false;
  for (std::size_t i = 0; i < name.size(); ++i) {
    const char c = name[i];
    if (is_blank(c) || c == '"' || rules.marks.find(c) != std::string_view::npos || (c == rules.line_comment && c != '\0')) return false;
    if (rules.slash_comments && c == '/' && i + 1 < name.size() && (name[i + 1] == '/' || name[i + 1] == '*')) return false;
  }
  return name.substr(0, 3) != "\xEF\xBB\xBF";
}

std::string quoted(std::string_view name) {
  std::string out = "\"";
  for (const char c : name) {
    if (c == '"' || c == '\\') out.push_back('\\');
    out.push_back(c);
  }
  return out + "\"";
}

std::string quoted_where_needed(std::string_view name, const ScanRules& rules) { return is_bare_word(name, rules) ? std::string(name) : quoted(name); }

}  // namespace footfall
