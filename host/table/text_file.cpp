// Text files: CSV, TSV and their kin, split into cells here and not by Arrow's CSV reader, because every message needs the line of a cell
// (Arrow loses it at blank lines and at quoted line ends), a quote after a blank opens a quoted cell, and a last line that a download cut
// off is told from a ragged one.

#include <algorithm>
#include <cstring>
#include <deque>
#include <unordered_set>

#include <fmt/format.h>

#include "host/table/byte_source.hpp"
#include "host/table/cell.hpp"
#include "host/table/raw.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

constexpr std::size_t block = std::size_t{1} << 20;           // bytes asked of the file at a time
constexpr std::size_t longest_record = std::size_t{1} << 24;  // a quote that is never closed shall not read a whole file into memory
constexpr std::int64_t largest_chunk = 8192;

char delimiter_of(std::string name, const TextOptions& options) {
  if (options.delimiter != 0) return options.delimiter;
  for (const std::string_view packed : {".gz", ".zst"}) {
    if (name.ends_with(packed)) name.resize(name.size() - packed.size());
  }
  return name.ends_with(".tsv") || name.ends_with(".tab") ? '\t' : ',';
}

class TextFile final : public FileReader {
 public:
  TextFile(const std::string& file, const TextOptions& options)
      : file_(file), delimiter_(delimiter_of(file, options)), missing_(options.missing_tokens), source_(open_bytes(file)) {
    fill();
    if (end_ >= 3 && std::memcmp(buffer_.data(), "\xEF\xBB\xBF", 3) == 0) begin_ = 3;  // byte order mark
    if (begin_ == end_) throw bad_input(fmt::format("{} is empty", file_), "fetch or write it again");
    if (options.header.empty()) {
      read_header();
    } else {
      names_ = options.header;
    }
    name_columns();
    forms_.assign(names_.size(), RawForm::cells);
    slots_.assign(names_.size(), -1);
  }

  const std::vector<std::string>& names() const override { return names_; }
  const std::vector<RawForm>& forms() const override { return forms_; }
  Origin::Counting counting() const override { return Origin::Counting::lines; }
  std::int64_t bytes_done() const override { return source_->position(); }

  std::string doubt() const override {
    if (names_.size() != 1) return {};
    for (const char other : {';', '\t', '|', ','}) {
      if (other != delimiter_ && names_[0].find(other) != std::string::npos) {
        return fmt::format("its first line holds no \"{}\", but \"{}\": set delimiter = \"{}\"", show_delimiter(delimiter_),
                           show_delimiter(other), show_delimiter(other));
      }
    }
    return {};
  }

  void select(const std::vector<std::size_t>& columns) override {
    for (std::size_t i = 0; i < columns.size(); ++i) slots_[columns[i]] = static_cast<int>(i);
    selected_ = columns.size();
  }

  bool next(RawChunk& chunk) override {
    chunk.columns.resize(selected_);
    for (RawColumn& column : chunk.columns) column.clear();
    chunk.positions.clear();
    chunk.rows = 0;
    unescaped_.clear();
    while (chunk.rows < largest_chunk) {
      if (!read_record()) {
        if (chunk.rows > 0) break;  // the views point into the buffer: hand them out before it moves
        if (!fill()) return false;
        continue;
      }
      if (blank_) continue;
      if (fields_.size() != names_.size()) refuse_ragged();
      append(chunk);
    }
    return chunk.rows > 0;
  }

 private:
  static std::string show_delimiter(char c) { return c == '\t' ? "\\t" : std::string(1, c); }

  /// Moves what is left to the front and reads on. False when there is nothing left at all.
  bool fill() {
    if (begin_ > 0) {
      std::memmove(buffer_.data(), buffer_.data() + begin_, end_ - begin_);
      end_ -= begin_;
      begin_ = 0;
    }
    if (ended_) return end_ > 0;
    if (end_ > longest_record) {
      throw bad_input(
          fmt::format("{}:{}: a line, or a cell in quotes that opens here, is longer than {} MiB", file_, line_, longest_record >> 20),
          "close the quote or fix the file");
    }
    const std::size_t wanted = std::max(block, end_);  // at least doubled, so a long record is scanned a bounded number of times
    buffer_.resize(end_ + wanted);
    while (end_ < buffer_.size()) {
      const std::size_t n = source_->read(buffer_.data() + end_, buffer_.size() - end_);
      if (n == 0) {
        ended_ = true;
        break;
      }
      end_ += n;
    }
    return end_ > begin_;
  }

  /// Splits the record at begin_ into fields_. False when it goes on behind the buffer, or nothing is left.
  bool read_record() {
    fields_.clear();
    blank_ = false;
    unfinished_ = false;
    const char* at = buffer_.data() + begin_;
    const char* const end = buffer_.data() + end_;
    if (at == end) return false;
    record_line_ = line_;
    std::int64_t lines = 0;
    bool quoted_any = false;
    while (true) {
      while (at != end && is_blank(*at)) ++at;
      if (at != end && *at == '"') {
        quoted_any = true;
        at = read_quoted(at, end, lines);
        if (at == nullptr) return false;
      } else {
        const char* const from = at;
        while (at != end && *at != delimiter_ && *at != '\n') ++at;
        fields_.push_back(trim_end(from, at));
      }
      if (at == end) {
        if (!ended_) return false;
        unfinished_ = true;
        break;
      }
      const bool last = *at == '\n';
      ++at;
      if (last) {
        ++lines;
        break;
      }
    }
    blank_ = !quoted_any && fields_.size() == 1 && fields_[0].empty();
    begin_ = static_cast<std::size_t>(at - buffer_.data());
    line_ += lines;
    return true;
  }

  /// A cell in quotes from its opening quote; gives the place behind it and the blanks that follow, or nullptr when the buffer ends first.
  const char* read_quoted(const char* at, const char* end, std::int64_t& lines) {
    const std::int64_t opened = line_ + lines;
    const char* from = ++at;
    std::string* joined = nullptr;
    while (true) {
      const char* quote = static_cast<const char*>(std::memchr(at, '"', static_cast<std::size_t>(end - at)));
      const bool at_the_end = quote == nullptr || quote + 1 == end;
      if (at_the_end && !ended_) return nullptr;
      if (quote == nullptr) {
        throw bad_input(
            fmt::format("{}:{}: a quote opens here and is never closed; the file may have been cut off by a download", file_, opened),
            "close the quote or fetch the file again");
      }
      lines += std::count(at, quote, '\n');
      if (quote + 1 == end || quote[1] != '"') {
        if (joined != nullptr) joined->append(from, quote);
        fields_.push_back(
            trim(joined != nullptr ? std::string_view(*joined) : std::string_view(from, static_cast<std::size_t>(quote - from))));
        at = quote + 1;
        break;
      }
      if (joined == nullptr) joined = &unescaped_.emplace_back();
      joined->append(from, quote + 1);  // two quotes inside are one
      from = at = quote + 2;
    }
    while (at != end && is_blank(*at)) ++at;
    if (at != end && *at != delimiter_ && *at != '\n') {
      throw bad_input(fmt::format("{}:{}: text follows a closing quote in field {}", file_, line_ + lines, fields_.size()),
                      "write a quote inside a cell twice, or fix the file");
    }
    return at;
  }

  bool is_blank(char c) const { return (c == ' ' || c == '\t' || c == '\r') && c != delimiter_; }

  std::string_view trim_end(const char* from, const char* to) const {
    while (to != from && is_blank(to[-1])) --to;
    return {from, static_cast<std::size_t>(to - from)};
  }

  void read_header() {
    do {
      while (!read_record()) {
        if (!fill()) throw bad_input(fmt::format("{} holds nothing but blank lines", file_), "fetch or write it again");
      }
    } while (blank_);
    for (const std::string_view name : fields_) names_.emplace_back(trim(name));
    unescaped_.clear();
  }

  void name_columns() {
    std::unordered_set<std::string> seen;
    for (std::size_t i = 0; i < names_.size(); ++i) {
      if (names_[i].empty()) names_[i] = fmt::format("column_{}", i + 1);  // the row index that some programs write without a name
      if (!is_utf8(names_[i])) {
        throw bad_input(fmt::format("{}:1: the name of column {}, \"{}\", is not UTF-8", file_, i + 1, show_cell(names_[i])),
                        "convert the file: iconv -f LATIN1 -t UTF-8");
      }
      if (!seen.insert(names_[i]).second) {
        throw bad_input(fmt::format("{}:1: the column \"{}\" stands there twice", file_, show_cell(names_[i])),
                        "rename one of them; for a file without a header line set header");
      }
    }
  }

  void append(RawChunk& chunk) {
    for (std::size_t i = 0; i < fields_.size(); ++i) {
      if (slots_[i] < 0) continue;
      RawColumn& column = chunk.columns[static_cast<std::size_t>(slots_[i])];
      column.cells.push_back(fields_[i]);
      column.valid.push_back(missing_.contains(fields_[i]) ? 0 : 1);
    }
    chunk.positions.push_back(record_line_);
    ++chunk.rows;
  }

  [[noreturn]] void refuse_ragged() const {
    const auto fields = [](std::size_t n) { return fmt::format("{} field{}", n, n == 1 ? "" : "s"); };
    const std::string what = fmt::format("{}:{}: {} where {} expected", file_, record_line_, fields(fields_.size()),
                                         names_.size() == 1 ? "1 is" : fmt::format("{} are", names_.size()));
    if (unfinished_ && fields_.size() < names_.size()) {
      throw bad_input(what + ", and the line does not end: the file was cut off, perhaps by a download",
                      "fetch it again, or delete its last line");
    }
    const std::string hint = doubt();
    throw bad_input(what, hint.empty() ? "fix the line; put cells that hold the delimiter in quotes" : hint);
  }

  std::string file_;
  char delimiter_;
  MissingTokens missing_;
  std::unique_ptr<ByteSource> source_;
  std::vector<std::string> names_;
  std::vector<RawForm> forms_;
  std::vector<int> slots_;  // column of the file -> column of the chunk, -1: not wanted
  std::size_t selected_ = 0;

  std::vector<char> buffer_;
  std::size_t begin_ = 0, end_ = 0;
  bool ended_ = false;
  std::int64_t line_ = 1;  // of begin_

  std::vector<std::string_view> fields_;
  std::deque<std::string> unescaped_;  // cells with quotes inside; a deque, so that views stay good
  std::int64_t record_line_ = 1;
  bool blank_ = false, unfinished_ = false;
};

}  // namespace

std::unique_ptr<FileReader> open_text_file(const std::string& file, const TextOptions& options) {
  return std::make_unique<TextFile>(file, options);
}

}  // namespace footfall
