#pragma once

#include <cctype>
#include <map>
#include <memory>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

namespace footfall::testing {

/// An element of a page with its text decoded.
struct Element {
  std::string name;
  std::map<std::string, std::string> attributes;
  std::string text;  ///< its own and its children's
  std::vector<std::unique_ptr<Element>> children;

  [[nodiscard]] std::string attribute(const std::string& key) const {
    const auto found = attributes.find(key);
    return found == attributes.end() ? std::string() : found->second;
  }
  [[nodiscard]] bool has_class(const std::string& wanted) const {
    return (" " + attribute("class") + " ").find(" " + wanted + " ") != std::string::npos;
  }

  /// All elements below with this name (any: empty) and class (any: empty), in their order.
  [[nodiscard]] std::vector<const Element*> all(const std::string& wanted, const std::string& of_class = {}) const {
    std::vector<const Element*> out;
    for (const auto& child : children) {
      if ((wanted.empty() || child->name == wanted) && (of_class.empty() || child->has_class(of_class))) out.push_back(child.get());
      for (const Element* deeper : child->all(wanted, of_class)) out.push_back(deeper);
    }
    return out;
  }
};

/// Reads well-formed XML without processing instructions, comments and CDATA; throws std::runtime_error at the first fault: a tag that is
/// not closed, an attribute without quotes or given twice, a bare < or &, an entity that XML does not know.
class PageReader {
 public:
  explicit PageReader(std::string_view text) : text_(text) {}

  std::unique_ptr<Element> read() {
    skip_doctype();
    auto root = element();
    blanks();
    if (at_ != text_.size()) fail("text after the page");
    return root;
  }

 private:
  [[noreturn]] void fail(const std::string& what) const {
    throw std::runtime_error(what + " near \"" + std::string(text_.substr(at_ > 40 ? at_ - 40 : 0, 80)) + "\"");
  }
  void blanks() {
    while (at_ < text_.size() && std::isspace(static_cast<unsigned char>(text_[at_])) != 0) ++at_;
  }
  [[nodiscard]] bool starts(std::string_view with) const { return text_.substr(at_, with.size()) == with; }
  void expect(std::string_view what) {
    if (!starts(what)) fail("expected " + std::string(what));
    at_ += what.size();
  }
  void skip_doctype() {
    expect("<!DOCTYPE html>");
    blanks();
  }
  std::string name() {
    const std::size_t from = at_;
    while (at_ < text_.size() &&
           (std::isalnum(static_cast<unsigned char>(text_[at_])) != 0 || text_[at_] == '-' || text_[at_] == '_' || text_[at_] == ':'))
      ++at_;
    if (at_ == from) fail("a name is missing");
    return std::string(text_.substr(from, at_ - from));
  }
  std::string decoded() {  // one character or entity
    if (text_[at_] != '&') return std::string(1, text_[at_++]);
    for (const auto& [entity, character] :
         {std::pair{"&amp;", "&"}, std::pair{"&lt;", "<"}, std::pair{"&gt;", ">"}, std::pair{"&quot;", "\""}, std::pair{"&#39;", "'"}})
      if (starts(entity)) {
        at_ += std::string_view(entity).size();
        return character;
      }
    fail("an unknown entity");
  }
  std::unique_ptr<Element> element() {
    expect("<");
    auto out = std::make_unique<Element>();
    out->name = name();
    while (true) {
      const std::size_t before = at_;
      blanks();
      if (starts("/>")) {
        at_ += 2;
        return out;
      }
      if (starts(">")) break;
      if (at_ == before) fail("no blank before an attribute");
      attribute(*out);
    }
    ++at_;
    content(*out);
    return out;
  }
  void attribute(Element& of) {
    const std::string key = name();
    expect("=\"");
    std::string value;
    while (at_ < text_.size() && text_[at_] != '"') {
      if (text_[at_] == '<') fail("a bare < in an attribute");
      value += decoded();
    }
    expect("\"");
    if (!of.attributes.emplace(key, value).second) fail("the attribute " + key + " twice");
  }
  void content(Element& of) {
    while (!starts("</")) {
      if (at_ >= text_.size()) fail(of.name + " is not closed");
      if (text_[at_] == '<') {
        of.children.push_back(element());
        of.text += of.children.back()->text;
      } else {
        of.text += decoded();
      }
    }
    at_ += 2;
    if (name() != of.name) fail(of.name + " is closed by another tag");
    expect(">");
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace footfall::testing
