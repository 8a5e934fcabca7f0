#include "host/report/html.hpp"

#include <fmt/format.h>

#include "host/report/style.hpp"

namespace footfall {

std::string escape(std::string_view text) {
  std::string out;
  for (const char c : text) {
    switch (c) {
      case '&': out += "&amp;"; break;
      case '<': out += "&lt;"; break;
      case '>': out += "&gt;"; break;
      case '"': out += "&quot;"; break;
      case '\'': out += "&#39;"; break;
      default:
        if ((static_cast<unsigned char>(c) < 0x20 && c != '\n' && c != '\t') || c == 0x7f) {
          out += "\ufffd";
        } else {
          out += c;
        }
    }
  }
  return out;
}

std::string in_quotes(std::string_view name) { return "\u201c" + escape(name) + "\u201d"; }

std::string html(const HtmlTable& table) {
  std::string out = "<div class=\"scroll\"><table>";
  if (!table.caption.empty()) out += "<caption>" + table.caption + "</caption>";
  out += "<thead><tr>";
  for (const std::string& cell : table.head) out += "<th scope=\"col\">" + cell + "</th>";
  out += "</tr></thead><tbody>\n";
  for (const std::vector<std::string>& row : table.rows) {
    out += "<tr>";
    for (std::size_t i = 0; i < row.size(); ++i) out += i == 0 ? "<th scope=\"row\">" + row[i] + "</th>" : "<td>" + row[i] + "</td>";
    out += "</tr>\n";
  }
  return out + "</tbody></table></div>\n";
}

std::string figure_html(std::string_view title, const std::string& legend, const std::string& svg, const std::string& reading) {
  return fmt::format("<figure><h4>{}</h4>{}{}<figcaption>{}</figcaption></figure>\n", escape(title), legend, svg, reading);
}

std::string page(std::string_view title, std::string_view subtitle, const std::vector<Chapter>& sections) {
  std::string contents, body;
  for (const Chapter& section : sections) {
    contents += fmt::format("<li><a href=\"#{}\">{}</a></li>", section.anchor, escape(section.title));
    body += fmt::format("<section id=\"{}\">\n<h2>{}</h2>\n{}</section>\n", section.anchor, escape(section.title), section.body);
  }
  return fmt::format(
      "<!DOCTYPE html>\n<html lang=\"en\" xmlns=\"http://www.w3.org/1999/xhtml\">\n<head>\n<meta charset=\"utf-8\"/>\n"
      "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\"/>\n<meta name=\"color-scheme\" content=\"light dark\"/>\n"
      "<title>{0}</title>\n<style>{4}</style>\n</head>\n<body>\n<main>\n<header>\n<h1>{0}</h1>\n<p class=\"soft\">{1}</p>\n"
      "<nav aria-label=\"Contents\"><ul>{2}</ul></nav>\n</header>\n{3}</main>\n</body>\n</html>\n",
      escape(title), escape(subtitle), contents, body, page_style());
}

}  // namespace footfall
