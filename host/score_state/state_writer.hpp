#pragma once

#include <cstdint>
#include <filesystem>

#include "engine/data/base.hpp"
#include "host/score_state/state_folder.hpp"

namespace footfall {

/// A state folder that grows in `.NAME.partial` beside its name and gets the name when it is whole; the folder that was there goes then, and not
/// before. What fails leaves nothing.
class StateWriter {
 public:
  /// Before the input is read: may it be written? Throws Error{bad_input} when something is there that must not be replaced, or that is no state.
  static void check(const std::filesystem::path& folder, bool replace);

  /// `names`: a base with every column and dictionary that is written, and with an `amount` or none; `width` values are a customer's state.
  StateWriter(std::filesystem::path folder, const Base& names, bool amount, std::int64_t width);
  ~StateWriter();
  StateWriter(const StateWriter&) = delete;             // one owner of the half-written folder
  StateWriter& operator=(const StateWriter&) = delete;  // likewise

  /// The customers of the partitions [first, end) of a base, with the states of each of them in its order. Of the customers without any event nothing is
  /// kept. Each partition is written once; two threads may write different ones.
  void write(const Base& base, std::int32_t first, std::int32_t end, const CarriedStates& states);

  struct Origin {
    std::string model;      ///< its digest
    std::int64_t as_of = 0;
    StoreOrigin input;
    std::string job;        ///< as TOML
  };
  void finish(const Origin& origin, const Base& names);

 private:
  void write_partition(const Base& base, std::int32_t p, const CarriedStates& states, std::int64_t offset);

  std::filesystem::path folder_, partial_;
  StateFacts facts_;
  Manifest manifest_;
  bool finished_ = false;
};

}  // namespace footfall
