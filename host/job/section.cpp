#include "host/job/section.hpp"

#include "engine/data/near_names.hpp"

#include <algorithm>
#include <cmath>
#include <sstream>

namespace footfall {

std::string shown(const toml::node& node) {
  std::string text;
  if (node.is_string()) {
    text = "\"" + node.as_string()->get() + "\"";
  } else {
    std::ostringstream out;
    node.visit([&](const auto& value) { out << value; });
    text = out.str();
  }
  constexpr std::size_t longest = 60;
  if (text.size() <= longest) return text;
  std::size_t end = longest;
  while (end > 0 && (static_cast<unsigned char>(text[end]) & 0xC0U) == 0x80U) --end;  // not inside a letter of UTF-8
  return text.substr(0, end) + "…";
}

namespace {

std::string_view type_in_words(const toml::node& node) {
  if (node.is_string()) return "text";
  if (node.is_integer()) return "a whole number";
  if (node.is_floating_point()) return "a number";
  if (node.is_boolean()) return "true or false";
  if (node.is_array()) return "a list";
  if (node.is_table()) return "a table";
  return "a date or time";
}

}  // namespace

const toml::node* Section::find(std::string_view key) {
  if (std::find(known_.begin(), known_.end(), key) == known_.end()) known_.emplace_back(key);
  return table_.get(key);
}

std::string Section::place(std::string_view key) const {
  const toml::node* node = table_.get(key);
  const auto line = node != nullptr ? node->source().begin.line : table_.source().begin.line;
  return line == 0 ? source_ : source_ + ":" + std::to_string(line);
}

Error Section::error(std::string_view key, const std::string& cause, const std::string& remedy) const {
  return bad_input(place(key) + ": [" + name_ + "] " + (key.empty() ? "" : std::string(key) + " ") + cause, remedy);
}

Error Section::wrong_type(std::string_view key, const toml::node& found, std::string_view expected) const {
  return error(key, "holds " + shown(found) + ", which is " + std::string(type_in_words(found)), "write " + std::string(expected));
}

std::optional<std::string> Section::text(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_string()) throw wrong_type(key, *node, "text in quotes");
  return node->as_string()->get();
}

std::string Section::required_text(std::string_view key) {
  const auto found = text(key);
  if (!found) throw error("", "lacks the key \"" + std::string(key) + "\"", "add " + std::string(key) + " = \"…\"");
  if (found->empty()) throw error(key, "is empty", "write a name");
  return *found;
}

std::optional<std::vector<std::string>> Section::texts(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_array()) throw wrong_type(key, *node, "a list of text: [\"…\", \"…\"]");
  std::vector<std::string> out;
  for (const toml::node& element : *node->as_array()) {
    if (!element.is_string()) throw wrong_type(key, element, "a list of text only: [\"…\", \"…\"]");
    out.push_back(element.as_string()->get());
  }
  return out;
}

std::optional<bool> Section::flag(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_boolean()) throw wrong_type(key, *node, "true or false");
  return node->as_boolean()->get();
}

namespace {

std::string in_words(WholeRange range) {
  return range.highest == WholeRange{0}.highest
             ? "a whole number of " + std::to_string(range.lowest) + " or more"
             : "a whole number from " + std::to_string(range.lowest) + " to " + std::to_string(range.highest);
}

}  // namespace

std::optional<std::int64_t> Section::whole(std::string_view key, WholeRange range) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_integer()) throw wrong_type(key, *node, in_words(range));
  const std::int64_t value = node->as_integer()->get();
  if (value < range.lowest || value > range.highest) throw error(key, "is " + std::to_string(value), "write " + in_words(range));
  return value;
}

std::optional<std::vector<std::int32_t>> Section::wholes(std::string_view key, WholeRange range) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_array()) throw wrong_type(key, *node, "a list of whole numbers: [64, 64]");
  std::vector<std::int32_t> out;
  for (const toml::node& element : *node->as_array()) {
    if (!element.is_integer()) throw wrong_type(key, element, "a list of whole numbers only: [64, 64]");
    const std::int64_t value = element.as_integer()->get();
    if (value < range.lowest || value > range.highest)
      throw error(key, "holds " + std::to_string(value), "write " + in_words(range) + " for each");
    out.push_back(static_cast<std::int32_t>(value));
  }
  return out;
}

std::optional<double> Section::number(std::string_view key, const std::function<bool(double)>& holds, std::string_view expected) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (!node->is_number()) throw wrong_type(key, *node, expected);
  const double value = node->is_integer() ? static_cast<double>(node->as_integer()->get()) : node->as_floating_point()->get();
  if (!std::isfinite(value) || !holds(value)) throw error(key, "is " + shown(*node), "write " + std::string(expected));
  return value;
}

std::optional<std::string> Section::moment(std::string_view key) {
  const toml::node* node = find(key);
  if (node == nullptr) return std::nullopt;
  if (node->is_string()) return node->as_string()->get();
  if (node->is_integer() || node->is_date() || node->is_date_time()) return shown(*node);
  throw wrong_type(key, *node, "a date such as \"2011-09-10\", or a step number");
}

std::optional<std::size_t> Section::choice(std::string_view key, std::initializer_list<std::string_view> words) {
  const auto found = text(key);
  if (!found) return std::nullopt;
  for (std::size_t i = 0; i < words.size(); ++i)
    if (*found == words.begin()[i]) return i;
  std::string list;
  for (const std::string_view word : words) list += (list.empty() ? "" : ", ") + std::string(word);
  throw error(key, "is \"" + *found + "\"", "write one of " + list);
}

bool Section::is_auto(std::string_view key) {
  const toml::node* node = find(key);
  return node != nullptr && node->is_string() && node->as_string()->get() == "auto";
}

void Section::not_available(std::string_view key, std::string_view remedy) {
  if (table_.contains(key)) throw error(key, "is not available in this version of footfall", std::string(remedy));
}

void Section::finish() const {
  for (const auto& [key, node] : table_) {
    const std::string_view name = key.str();
    if (std::find(known_.begin(), known_.end(), name) != known_.end()) continue;
    throw bad_input(place(name) + ": unknown key \"" + std::string(name) + "\" in [" + name_ + "]", suggest_names(name, known_, "keys"));
  }
}

}  // namespace footfall
