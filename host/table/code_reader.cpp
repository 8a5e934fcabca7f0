#include "host/table/code_reader.hpp"

#include <algorithm>
#include <filesystem>

#include <fmt/format.h>

#include "engine/data/near_names.hpp"
#include "host/table/code_source.hpp"
#include "host/table/raw.hpp"
#include "kernels/bayes/codes.hpp"
#include "kernels/error.hpp"

namespace footfall {
namespace {

/// Text files: cells are looked up one by one.
class TextCodes final : public CodeSource {
 public:
  TextCodes(std::unique_ptr<FileReader> reader, std::vector<CodeUse> uses) : reader_(std::move(reader)), uses_(std::move(uses)) {
    std::vector<std::size_t> columns;
    for (const CodeUse& use : uses_) columns.push_back(use.column);
    reader_->select(columns);
  }

  [[nodiscard]] std::int64_t next(std::uint8_t* codes, std::int64_t stride, std::int64_t room) override {
    std::int64_t rows = 0;
    while (rows < room) {
      if (at_ == chunk_.rows) {
        at_ = chunk_.rows = 0;
        if (!reader_->next(chunk_)) break;
      }
      const std::int64_t count = std::min(room - rows, chunk_.rows - at_);
      for (std::size_t u = 0; u < uses_.size(); ++u) take(chunk_.columns[u], *uses_[u].codes, count, codes + static_cast<std::int64_t>(u) * stride + rows);
      at_ += count;
      rows += count;
    }
    return rows;
  }

  [[nodiscard]] std::int64_t bytes_done() const override { return reader_->bytes_done(); }

 private:
  void take(const RawColumn& column, const StateCodes& states, std::int64_t count, std::uint8_t* out) const {
    for (std::int64_t i = 0; i < count; ++i) {
      const auto row = static_cast<std::size_t>(at_ + i);
      out[i] = column.valid[row] == 0 ? missing_code : states.of_text(column.cells[row]);
    }
  }

  std::unique_ptr<FileReader> reader_;
  std::vector<CodeUse> uses_;
  RawChunk chunk_;
  std::int64_t at_ = 0;
};

}  // namespace

struct CodeReader::State {
  std::int64_t most_rows = 0;
  std::vector<std::string> files;
  TextOptions text;
  std::vector<CodedColumn> columns;
  std::vector<StateCodes> codes;
  std::size_t file = 0;
  std::unique_ptr<CodeSource> source;
  std::int64_t bytes_total = 0, bytes_behind = 0;

  void open() {
    const std::string& name = files[file];
    std::unique_ptr<FileReader> reader = open_file(name, text);
    std::vector<CodeUse> uses;
    for (std::size_t c = 0; c < columns.size(); ++c) {
      const auto at = std::find(reader->names().begin(), reader->names().end(), columns[c].name);
      if (at == reader->names().end()) throw bad_input(fmt::format("{} has no column \"{}\"", name, columns[c].name), suggest_names(columns[c].name, reader->names()));
      uses.push_back({static_cast<std::size_t>(at - reader->names().begin()), columns[c].name, &codes[c]});
    }
    if (reader->counting() == Origin::Counting::rows)
      source = open_parquet_codes(name, text, std::move(uses));
    else
      source = std::make_unique<TextCodes>(std::move(reader), std::move(uses));
  }
};

CodeReader::CodeReader(std::vector<std::string> files, TextOptions text, std::vector<CodedColumn> columns) : state_(std::make_unique<State>()) {
  require(!files.empty(), "no file is read");
  state_->files = std::move(files);
  state_->text = std::move(text);
  state_->columns = std::move(columns);
  constexpr std::int64_t cells = std::int64_t{8} << 20;
  constexpr std::int64_t fewest = 1024, most = 131072;
  state_->most_rows = std::clamp(cells / std::max<std::int64_t>(1, static_cast<std::int64_t>(state_->columns.size())), fewest, most);
  for (const CodedColumn& column : state_->columns) state_->codes.emplace_back(column.states);
  for (const std::string& file : state_->files) {
    std::error_code ignored;
    const auto size = std::filesystem::file_size(file, ignored);
    if (!ignored) state_->bytes_total += static_cast<std::int64_t>(size);
  }
  state_->open();  // what the first file lacks is found before anything is written
}

CodeReader::~CodeReader() = default;
CodeReader::CodeReader(CodeReader&&) noexcept = default;
CodeReader& CodeReader::operator=(CodeReader&&) noexcept = default;

std::int64_t CodeReader::next(std::vector<std::uint8_t>& codes) {
  const std::int64_t room = state_->most_rows;
  codes.resize(state_->columns.size() * static_cast<std::size_t>(room));
  while (state_->file < state_->files.size()) {
    if (state_->source == nullptr) state_->open();
    const std::int64_t rows = state_->source->next(codes.data(), room, room);
    if (rows > 0) return rows;
    state_->source.reset();
    std::error_code ignored;
    const auto size = std::filesystem::file_size(state_->files[state_->file], ignored);
    if (!ignored) state_->bytes_behind += static_cast<std::int64_t>(size);
    ++state_->file;
  }
  return 0;
}

std::int64_t CodeReader::most_rows() const { return state_->most_rows; }
std::int64_t CodeReader::bytes_total() const { return state_->bytes_total; }
std::int64_t CodeReader::bytes_done() const { return state_->bytes_behind + (state_->source == nullptr ? 0 : state_->source->bytes_done()); }

}  // namespace footfall
