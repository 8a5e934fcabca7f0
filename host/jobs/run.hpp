#pragma once

#include <cstdint>
#include <functional>
#include <memory>
#include <string>

#include "kernels/backend.hpp"
#include "kernels/device/team.hpp"

namespace footfall {

/// Who hears how a job goes. Both may be empty.
struct Observer {
  std::function<void(const std::string& sentence)> say;
  /// `done` of `total` units of a stage; called often, from the thread of the job.
  std::function<void(const std::string& stage, std::int64_t done, std::int64_t total, const std::string& unit)> advance;

  void note(const std::string& sentence) const {
    if (say) say(sentence);
  }
  void progress(const std::string& stage, std::int64_t done, std::int64_t total, const std::string& unit) const {
    if (advance) advance(stage, done, total, unit);
  }
};

/// What every job is given by its caller.
struct RunOptions {
  Device device;
  int threads = 1;
  std::int64_t memory = 0;     ///< bytes the process may use; 0: not limited
  Observer observer;
  bool tune = false;           ///< fit: time the algorithms that a device has, and keep the fastest
};

/// A device with one stream, for the length of a job.
struct Workshop {
  explicit Workshop(const RunOptions& options) : backend(make_backend(options.device, {options.threads, true})), stream(backend->make_stream()) {}

  std::unique_ptr<Backend> backend;
  std::unique_ptr<Stream> stream;
};

}  // namespace footfall
