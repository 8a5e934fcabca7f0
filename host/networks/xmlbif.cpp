// XMLBIF 0.3 (F. Cozman): the elements BIF, NETWORK, VARIABLE, DEFINITION. Entities of a document type are not expanded.
#include <algorithm>

#include <fmt/format.h>
#include <pugixml.hpp>

#include "host/networks/draft.hpp"
#include "host/networks/scanner.hpp"

namespace footfall {
namespace {

constexpr std::string_view blanks = " \t\r\n";

std::string trimmed(std::string_view text) {
  const std::size_t begin = text.find_first_not_of(blanks);
  return begin == std::string_view::npos ? std::string() : std::string(text.substr(begin, text.find_last_not_of(blanks) + 1 - begin));
}

class XmlbifReader {
 public:
  XmlbifReader(std::string_view text, const std::string& file) : text_(text), file_(file), draft_(file) {}

  DraftNetwork read() {
    pugi::xml_document document;
    const pugi::xml_parse_result result = document.load_buffer(text_.data(), text_.size(), pugi::parse_default | pugi::parse_doctype, pugi::encoding_utf8);
    if (!result) throw draft_.error(line_at(result.offset), result.description(), "the file is no XML, or cut off");
    const pugi::xml_node network = document.child("BIF").child("NETWORK");
    if (!network) throw bad_input(file_ + " has no element NETWORK in an element BIF", "is it an XMLBIF file?");
    draft_.set_name(content(network.child("NAME")));
    for (const pugi::xml_node node : network.children("VARIABLE")) read_variable(node);
    for (const char* name : {"DEFINITION", "PROBABILITY"})  // the older versions' name
      for (const pugi::xml_node node : network.children(name)) read_definition(node);
    return std::move(draft_).finish();
  }

 private:
  std::int64_t line_at(std::ptrdiff_t offset) const {
    const std::size_t end = std::min(text_.size(), static_cast<std::size_t>(std::max<std::ptrdiff_t>(offset, 0)));
    // Nodes come in the order of the text, so lines are counted on from the last place.
    if (end < counted_) counted_ = 0, lines_ = 1;
    lines_ += std::count(text_.begin() + static_cast<std::ptrdiff_t>(counted_), text_.begin() + static_cast<std::ptrdiff_t>(end), '\n');
    counted_ = end;
    return lines_;
  }
  std::int64_t line_of(const pugi::xml_node& node) const { return line_at(node.offset_debug()); }

  /// The text of an element, comments left out.
  static std::string content(const pugi::xml_node& node) {
    std::string out;
    for (const pugi::xml_node part : node.children())
      if (part.type() == pugi::node_pcdata || part.type() == pugi::node_cdata) out += part.value();
    return trimmed(out);
  }

  void read_variable(const pugi::xml_node& node) {
    const std::int64_t line = line_of(node);
    const std::string type = node.attribute("TYPE").as_string("nature");
    if (type != "nature" && type != "discrete") throw draft_.error(line, fmt::format("a variable has the type \"{}\"", type), "only TYPE=\"nature\" is read");
    Variable variable{content(node.child("NAME")), {}};
    for (const char* name : {"OUTCOME", "VALUE"})  // the older versions' name
      for (const pugi::xml_node outcome : node.children(name)) variable.states.push_back(content(outcome));
    draft_.add_variable(std::move(variable), line);
  }

  void read_definition(const pugi::xml_node& node) {
    const std::int64_t line = line_of(node);
    const pugi::xml_node child = node.child("FOR");
    if (!child || child.next_sibling("FOR")) throw draft_.error(line, "a definition needs one element FOR", "give each variable a definition of its own");
    const std::int32_t variable = draft_.find(content(child), line);
    std::vector<std::int32_t> parents;
    for (const pugi::xml_node given : node.children("GIVEN")) parents.push_back(draft_.find(content(given), line));
    Family& family = draft_.add_family(variable, std::move(parents), line);
    const pugi::xml_node table = node.child("TABLE");
    if (!table) throw draft_.error(line, fmt::format("the definition of \"{}\" has no element TABLE", content(child)), "give its probabilities");
    const std::string numbers = content(table);
    Scanner scan(numbers, file_, ScanRules{});
    std::size_t given = 0;
    for (Token token = scan.next(); token.kind != Token::Kind::end; token = scan.next()) {
      token.line += line_of(table) - 1;
      const double value = scan.number(token);
      if (given < family.table.size()) family.table[given] = value;
      ++given;
    }
    if (given != family.table.size())
      throw draft_.error(line, fmt::format("the table of \"{}\" has {} numbers where the states make {}", content(child), given, family.table.size()),
                         "give one for each state and each combination of the parents' states");
  }

  std::string_view text_;
  std::string file_;
  Draft draft_;
  mutable std::size_t counted_ = 0;
  mutable std::int64_t lines_ = 1;
};

/// A text as the content of an element. What XML would not give back is refused.
std::string element(std::string_view tag, const std::string& content) {
  if (trimmed(content) != content || std::any_of(content.begin(), content.end(), [](unsigned char c) { return c < 0x20; }))
    throw bad_input(fmt::format("XMLBIF cannot hold the name \"{}\": it has blanks at an end or control characters", content), "rename it, or write .bif or .net");
  std::string out = fmt::format("<{}>", tag);
  for (const char c : content) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      default: out.push_back(c);
    }
  }
  return out + fmt::format("</{}>\n", tag);
}

}  // namespace

DraftNetwork parse_xmlbif(std::string_view text, const std::string& file) { return XmlbifReader(text, file).read(); }

std::string print_xmlbif(const Network& network) {
  std::string out = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<BIF VERSION=\"0.3\">\n<NETWORK>\n";
  out += element("NAME", network.name);
  for (const Variable& variable : network.variables) {
    out += "<VARIABLE TYPE=\"nature\">\n  " + element("NAME", variable.name);
    for (const std::string& state : variable.states) out += "  " + element("OUTCOME", state);
    out += "</VARIABLE>\n";
  }
  for (std::size_t v = 0; v < network.variables.size(); ++v) {
    const Family& family = network.families[v];
    const std::size_t size = network.variables[v].states.size();
    out += "<DEFINITION>\n  " + element("FOR", network.variables[v].name);
    for (const std::int32_t parent : family.parents) out += "  " + element("GIVEN", network.variables[static_cast<std::size_t>(parent)].name);
    out += "  <TABLE>\n";
    for (std::size_t i = 0; i < family.table.size(); ++i) out += fmt::format("{}{}", family.table[i], (i + 1) % size == 0 ? "\n" : " ");
    out += "  </TABLE>\n</DEFINITION>\n";
  }
  return out + "</NETWORK>\n</BIF>\n";
}

}  // namespace footfall
