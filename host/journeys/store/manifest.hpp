#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <string>
#include <vector>

#include "host/journeys/base_reader.hpp"
#include "host/journeys/store/fingerprint.hpp"
#include "host/journeys/store/piece.hpp"
#include "host/journeys/store/schema.hpp"

namespace footfall {

/// What the names of a store's columns are kept in.
struct StoredWords {
  std::string column;
  std::int64_t words = 0;
  std::int64_t used = 0;         ///< of them that some event has: others were only in lines that were merged away
  std::uint64_t checksum = 0;    ///< of the file
};

/// What a journeys store is made from: a store suits a job when these are equal.
struct StoreOrigin {
  std::vector<InputFile> events, customers;
  std::string request;           ///< all of the job that decides what is stored: [events] but for files and max_length, [customers], [missing] missing_tokens
  std::vector<std::string> targets;   ///< columns of the customer table that are targets
  bool drop_duplicates = false;

  bool operator==(const StoreOrigin&) const = default;
};

/// StoreOrigin::request of a job whose "auto" is resolved.
[[nodiscard]] std::string request_of(const Job& resolved);
[[nodiscard]] StoreOrigin origin_of(const Job& resolved, bool targets, bool drop_duplicates);

/// Whether a store of this origin has all that is wanted: the same, and perhaps more target columns.
[[nodiscard]] bool suits(const StoreOrigin& stored, const StoreOrigin& wanted);

/// manifest.json: written last, so that a folder that has it is a whole store.
struct Manifest {
  struct Partition {
    PieceFacts facts;
    std::uint64_t bytes = 0, checksum = 0;
  };

  StoreOrigin origin;
  StoreSchema schema;
  std::string job;               ///< the resolved job as TOML
  ReadCounts counts;
  std::vector<std::string> notices;
  std::vector<Partition> partitions;
  std::vector<StoredWords> event_words, profile_words, target_words;

  [[nodiscard]] PieceFacts total() const;
};

void write_manifest(const std::filesystem::path& folder, const Manifest& manifest);
/// Throws Error{bad_input} when the folder is no store, or its manifest damaged.
[[nodiscard]] Manifest read_manifest(const std::filesystem::path& folder);
[[nodiscard]] bool holds_store(const std::filesystem::path& folder);

/// Names of the files of a store.
[[nodiscard]] std::filesystem::path piece_path(const std::filesystem::path& folder, std::int32_t partition);
enum class WordsOf { events, profiles, targets };
[[nodiscard]] std::filesystem::path words_path(const std::filesystem::path& folder, WordsOf table, std::size_t column);

/// Writes names in their order, with a mark on those that no event has; `used` empty: all have.
std::uint64_t write_words(const std::filesystem::path& file, const std::vector<std::string>& words, const std::vector<std::uint8_t>& used);

/// Names as they are used, and the code of each stored one.
struct Words {
  std::vector<std::string> dictionary;
  std::vector<std::int32_t> code_of;   ///< by stored code; empty: every one its own
};
/// Throws Error{bad_input} naming the file when its checksum is another.
[[nodiscard]] Words read_words(const std::filesystem::path& file, const StoredWords& about);

}  // namespace footfall
