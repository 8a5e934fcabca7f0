#pragma once

#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace footfall {

/// Text as HTML and XML understand it, in an element or a quoted attribute. Control characters, which neither may hold, become U+FFFD.
[[nodiscard]] std::string escape(std::string_view text);

/// A name of the user's in quotation marks, escaped.
[[nodiscard]] std::string in_quotes(std::string_view name);

/// A table of cells that are HTML already. Cells of the first column are row headings; the others are set flush right.
struct HtmlTable {
  std::string caption;
  std::vector<std::string> head;
  std::vector<std::vector<std::string>> rows;
};
[[nodiscard]] std::string html(const HtmlTable& table);

/// A part of the page with an anchor that the list at the top leads to. `title` is text, `body` HTML.
struct Chapter {
  std::string anchor, title, body;
};

/// The whole page: well-formed XML too, no script, nothing loaded. `title` and `subtitle` are text.
[[nodiscard]] std::string page(std::string_view title, std::string_view subtitle, const std::vector<Chapter>& sections);

/// A picture with its legend above and what it says below. All three are HTML, `title` is text.
[[nodiscard]] std::string figure_html(std::string_view title, const std::string& legend, const std::string& svg,
                                      const std::string& reading);

}  // namespace footfall
