#include <algorithm>
#include <cctype>
#include <cmath>
#include <optional>

#include <fmt/format.h>

#include "host/table/cell.hpp"
#include "host/table/expression_tree.hpp"
#include "kernels/error.hpp"

namespace footfall {

void point_into(const std::string& text, const std::string& setting, std::size_t from, std::size_t to, std::string_view what,
                std::string_view remedy) {
  std::string line;
  for (const char c : text) line.push_back(std::iscntrl(static_cast<unsigned char>(c)) ? ' ' : c);
  // Carets stand under letters, not bytes: bytes that go on a UTF-8 letter take no place.
  const auto letters = [&line](std::size_t begin, std::size_t end) {
    return std::count_if(line.begin() + static_cast<std::ptrdiff_t>(std::min(begin, line.size())),
                         line.begin() + static_cast<std::ptrdiff_t>(std::min(end, line.size())),
                         [](char c) { return (static_cast<unsigned char>(c) & 0xC0u) != 0x80u; });
  };
  const std::string blanks(static_cast<std::size_t>(letters(0, from)), ' ');
  const std::string carets(static_cast<std::size_t>(std::max<std::ptrdiff_t>(1, letters(from, to))), '^');
  throw bad_input(fmt::format("{}: {}", setting, what),
                  fmt::format("{}{}  {}\n  {}{}", remedy, remedy.empty() ? "see\n" : "\n", line, blanks, carets));
}

namespace {

using Node = Expression::Node;
using Kind = Node::Kind;
using Tree = std::shared_ptr<const Node>;

constexpr std::size_t most_parts = 1000;  // deep trees are walked recursively
constexpr std::size_t deepest = 100;

enum class TokenKind { number, text, column, word, symbol, end };

struct Token {
  TokenKind kind = TokenKind::end;
  std::size_t from = 0, to = 0;
  std::string text;  // of a word in lower case, of a column or text without its quotes
};

std::string lower(std::string text) {
  for (char& c : text) c = static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
  return text;
}

bool begins_word(char c) { return std::isalpha(static_cast<unsigned char>(c)) || c == '_' || static_cast<unsigned char>(c) >= 0x80; }
bool goes_on_word(char c) { return begins_word(c) || std::isdigit(static_cast<unsigned char>(c)) || c == '.'; }

bool is_keyword(const std::string& word) {
  static const std::vector<std::string> words = {"and", "or", "not", "is", "null", "in", "true", "false"};
  return std::find(words.begin(), words.end(), word) != words.end();
}

class Lexer {
 public:
  Lexer(const std::string& text, const std::string& setting) : text_(text), setting_(setting) {}

  std::vector<Token> tokens() {
    std::vector<Token> out;
    while (true) {
      while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_]))) ++at_;
      out.push_back(next());
      if (out.back().kind == TokenKind::end) return out;
    }
  }

 private:
  Token next() {
    const std::size_t from = at_;
    if (at_ == text_.size()) return {TokenKind::end, from, from, {}};
    const char c = text_[at_];
    if (c == '\'' || c == '`') return quoted(c);
    if (std::isdigit(static_cast<unsigned char>(c)) ||
        (c == '.' && at_ + 1 < text_.size() && std::isdigit(static_cast<unsigned char>(text_[at_ + 1]))))
      return number();
    if (begins_word(c)) {
      while (at_ < text_.size() && goes_on_word(text_[at_])) ++at_;
      std::string word = text_.substr(from, at_ - from);
      if (is_keyword(lower(word))) return {TokenKind::word, from, at_, lower(word)};
      return {TokenKind::column, from, at_, std::move(word)};
    }
    return symbol();
  }

  Token quoted(char quote) {
    const std::size_t from = at_++;
    std::string value;
    while (at_ < text_.size()) {
      if (text_[at_] == quote) {
        if (at_ + 1 < text_.size() && text_[at_ + 1] == quote) {
          ++at_;
        } else {
          ++at_;
          return {quote == '`' ? TokenKind::column : TokenKind::text, from, at_, std::move(value)};
        }
      }
      value.push_back(text_[at_++]);
    }
    point_into(text_, setting_, from, text_.size(), fmt::format("a {} opens here and is never closed", quote == '`' ? "backtick" : "quote"),
               "close it");
  }

  Token number() {
    const std::size_t from = at_;
    while (at_ < text_.size()) {
      const char c = text_[at_];
      const bool sign = (c == '+' || c == '-') && (text_[at_ - 1] == 'e' || text_[at_ - 1] == 'E');
      if (!sign && !goes_on_word(c)) break;
      ++at_;
    }
    return {TokenKind::number, from, at_, text_.substr(from, at_ - from)};
  }

  Token symbol() {
    const std::size_t from = at_;
    for (const std::string_view known : {"!=", "<=", ">=", "==", "<>", "&&", "||", "=", "<", ">", "+", "-", "*", "/", "(", ")", ","}) {
      if (text_.compare(at_, known.size(), known) != 0) continue;
      at_ += known.size();
      const auto instead = [&](std::string_view other) {
        point_into(text_, setting_, from, at_, fmt::format("{} is not known here", known), fmt::format("write {}", other));
      };
      if (known == "==") instead("=");
      if (known == "<>") instead("!=");
      if (known == "&&") instead("and");
      if (known == "||") instead("or");
      return {TokenKind::symbol, from, at_, std::string(known)};
    }
    if (text_[at_] == '"')
      point_into(text_, setting_, from, from + 1, "double quotes mean nothing here",
                 "put text in 'single quotes' and column names in `backticks`");
    if (text_[at_] == '!') point_into(text_, setting_, from, from + 1, "! is not known here", "write not");
    point_into(text_, setting_, from, from + 1, fmt::format("\"{}\" is not known here", show_cell(text_.substr(at_, 1))),
               "put column names that are not words in `backticks`");
  }

  const std::string& text_;
  const std::string& setting_;
  std::size_t at_ = 0;
};

/// Recursive descent; each function parses what binds tighter than its caller.
class Parser {
 public:
  Parser(const std::string& text, const std::string& setting) : text_(text), setting_(setting), tokens_(Lexer(text, setting).tokens()) {}

  Tree parse() {
    if (now().kind == TokenKind::end) fault(now(), "there is no expression", "write one, such as \"price * quantity\"");
    Tree tree = disjunction();
    if (now().kind != TokenKind::end)
      fault(now(), "the expression should end here or go on with an operator", "use + - * / = != < <= > >= and, or, is, in");
    return tree;
  }

  std::vector<std::string> columns() { return std::move(columns_); }

 private:
  const Token& now() const { return tokens_[at_]; }
  bool is(TokenKind kind, std::string_view text) const { return now().kind == kind && now().text == text; }
  bool take_word(std::string_view word) { return is(TokenKind::word, word) && (++at_, true); }
  bool take_symbol(std::string_view symbol) { return is(TokenKind::symbol, symbol) && (++at_, true); }

  [[noreturn]] void fault(const Token& token, std::string_view what, std::string_view remedy) const {
    point_into(text_, setting_, token.from, token.to, what, remedy);
  }

  Tree make(Kind kind, std::size_t from, std::vector<Tree> parts) {
    if (++parts_ > most_parts)
      fault(now(), fmt::format("the expression has more than {} parts", most_parts), "use in (…), or compute it in the file");
    Node node;
    node.kind = kind;
    node.from = from;
    node.to = at_ == 0 ? 0 : tokens_[at_ - 1].to;
    node.parts = std::move(parts);
    return std::make_shared<const Node>(std::move(node));
  }

  Tree disjunction() {
    const std::size_t from = now().from;
    Tree left = conjunction();
    while (take_word("or")) {
      Tree right = conjunction();
      left = make(Kind::logical_or, from, {left, std::move(right)});
    }
    return left;
  }

  Tree conjunction() {
    const std::size_t from = now().from;
    Tree left = negation();
    while (take_word("and")) {
      Tree right = negation();
      left = make(Kind::logical_and, from, {left, std::move(right)});
    }
    return left;
  }

  Tree negation() {
    const std::size_t from = now().from;
    if (!take_word("not")) return comparison();
    const Descent deeper(*this);
    Tree operand = negation();
    return make(Kind::logical_not, from, {std::move(operand)});
  }

  static std::optional<Kind> comparison_kind(const Token& token) {
    if (token.kind != TokenKind::symbol) return std::nullopt;
    if (token.text == "=") return Kind::equal;
    if (token.text == "!=") return Kind::not_equal;
    if (token.text == "<") return Kind::less;
    if (token.text == "<=") return Kind::less_equal;
    if (token.text == ">") return Kind::greater;
    if (token.text == ">=") return Kind::greater_equal;
    return std::nullopt;
  }

  Tree comparison() {
    const std::size_t from = now().from;
    Tree left = sum();
    if (take_word("is")) {
      const bool negated = take_word("not");
      if (!take_word("null")) fault(now(), "null should follow is", "write \"is null\" or \"is not null\"");
      return make(negated ? Kind::is_not_null : Kind::is_null, from, {std::move(left)});
    }
    const bool negated =
        is(TokenKind::word, "not") && tokens_[at_ + 1].kind == TokenKind::word && tokens_[at_ + 1].text == "in" && (++at_, true);
    if (take_word("in")) return list(std::move(left), from, negated);
    const auto kind = comparison_kind(now());
    if (!kind) return left;
    ++at_;
    if (is(TokenKind::word, "null")) fault(now(), "nothing is equal to null", "write \"is null\" or \"is not null\"");
    Tree right = sum();
    left = make(*kind, from, {std::move(left), std::move(right)});
    if (comparison_kind(now())) fault(now(), "a comparison cannot be compared again", "join two comparisons with and");
    return left;
  }

  Tree list(Tree operand, std::size_t from, bool negated) {
    if (!take_symbol("(")) fault(now(), "a list in parentheses should follow in", "write it as column in (1, 2) or column in ('a', 'b')");
    std::vector<Tree> parts = {std::move(operand)};
    do {
      const Token& begin = now();
      const std::size_t before = parts_;
      parts.push_back(unary());
      parts_ = before;  // a list may be long: it makes no deep tree
      if (!parts.back()->is_literal())
        fault(begin, "a list holds numbers, 'text', true and false only", "join comparisons with or for anything else");
    } while (take_symbol(","));
    if (!take_symbol(")")) fault(now(), "the list should go on with , or end with )", "put text in 'single quotes'");
    return make(negated ? Kind::not_in : Kind::in, from, std::move(parts));
  }

  Tree sum() {
    const std::size_t from = now().from;
    Tree left = product();
    while (is(TokenKind::symbol, "+") || is(TokenKind::symbol, "-")) {
      const Kind kind = now().text == "+" ? Kind::add : Kind::subtract;
      ++at_;
      Tree right = product();
      left = make(kind, from, {left, std::move(right)});
    }
    return left;
  }

  Tree product() {
    const std::size_t from = now().from;
    Tree left = unary();
    while (is(TokenKind::symbol, "*") || is(TokenKind::symbol, "/")) {
      const Kind kind = now().text == "*" ? Kind::multiply : Kind::divide;
      ++at_;
      Tree right = unary();
      left = make(kind, from, {left, std::move(right)});
    }
    return left;
  }

  Tree unary() {
    const std::size_t from = now().from;
    const Descent deeper(*this);
    if (take_symbol("+")) return unary();
    if (!take_symbol("-")) return primary();
    Tree operand = unary();
    if (operand->kind == Kind::integer || operand->kind == Kind::number) {  // -5 is a number of its own, so that lists may hold it
      Node node = *operand;
      node.from = from;
      if (auto* whole = std::get_if<std::int64_t>(&node.value)) *whole = -*whole;
      if (auto* number = std::get_if<double>(&node.value)) *number = -*number;
      return std::make_shared<const Node>(std::move(node));
    }
    return make(Kind::negate, from, {std::move(operand)});
  }

  Tree literal(Kind kind, decltype(Node::value) value) {
    ++at_;
    Tree tree = make(kind, tokens_[at_ - 1].from, {});
    Node node = *tree;
    node.value = std::move(value);
    return std::make_shared<const Node>(std::move(node));
  }

  Tree primary() {
    const Token& token = now();
    switch (token.kind) {
      case TokenKind::number:
        if (const auto whole = parse_integer(token.text)) return literal(Kind::integer, *whole);
        if (const auto number = parse_number(token.text); number && std::isfinite(*number)) return literal(Kind::number, *number);
        fault(token, fmt::format("{} is no number", token.text), "put column names that begin with a digit in `backticks`");
      case TokenKind::text: return literal(Kind::text, token.text);
      case TokenKind::column:
        if (std::find(columns_.begin(), columns_.end(), token.text) == columns_.end()) columns_.push_back(token.text);
        return literal(Kind::column, token.text);
      case TokenKind::word:
        if (token.text == "true" || token.text == "false") return literal(Kind::boolean, token.text == "true");
        fault(token, fmt::format("{} cannot stand here", token.text), "put a column of that name in `backticks`");
      case TokenKind::symbol:
        if (take_symbol("(")) {
          const Descent deeper(*this);
          const Token open = tokens_[at_ - 1];
          Tree inside = disjunction();
          if (!take_symbol(")")) fault(now().kind == TokenKind::end ? open : now(), "a parenthesis is not closed", "close it with )");
          return inside;
        }
        fault(token, fmt::format("{} cannot stand here", token.text), "a number, 'text', a column or a parenthesis is expected");
      case TokenKind::end: fault(token, "the expression ends too early", "a number, 'text', a column or a parenthesis is expected");
    }
    fault(token, "this cannot stand here", "");
  }

  struct Descent {
    explicit Descent(Parser& parser) : parser_(parser) {
      if (++parser_.depth_ > deepest)
        parser_.fault(parser_.now(), fmt::format("the expression is nested more than {} deep", deepest), "take parentheses away");
    }
    ~Descent() { --parser_.depth_; }
    Descent(const Descent&) = delete;
    Descent& operator=(const Descent&) = delete;
    Parser& parser_;
  };

  const std::string& text_;
  const std::string& setting_;
  std::vector<Token> tokens_;
  std::size_t at_ = 0, parts_ = 0, depth_ = 0;
  std::vector<std::string> columns_;
};

}  // namespace

Expression::Expression(std::string text, std::string setting, std::shared_ptr<const Node> root, std::vector<std::string> columns)
    : text_(std::move(text)), setting_(std::move(setting)), root_(std::move(root)), columns_(std::move(columns)) {}

Expression Expression::parse(std::string text, std::string setting) {
  Parser parser(text, setting);
  Tree root = parser.parse();
  return Expression(std::move(text), std::move(setting), std::move(root), parser.columns());
}

std::optional<std::string> single_column(std::string_view text) {
  const std::string_view bare = trim(text);
  if (bare.empty()) return std::nullopt;
  if (bare.front() == '`') {
    std::string name;
    std::size_t i = 1;
    for (; i < bare.size(); ++i) {
      if (bare[i] == '`' && (i + 1 == bare.size() || bare[++i] != '`')) break;
      name.push_back(bare[i]);
    }
    return i + 1 == bare.size() && bare.back() == '`' && !name.empty() ? std::optional(name) : std::nullopt;
  }
  if (!begins_word(bare.front()) || !std::all_of(bare.begin(), bare.end(), goes_on_word) || is_keyword(lower(std::string(bare))))
    return std::nullopt;
  return std::string(bare);
}

}  // namespace footfall
