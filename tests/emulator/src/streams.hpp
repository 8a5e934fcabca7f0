#pragma once

// What a stream holds, for streams.cpp and graphs.cpp.

#include <deque>
#include <map>

#include "tests/emulator/src/runtime.hpp"

namespace footfall_emulator {

struct StreamWork {
  std::string what;
  std::function<void()> run;      ///< empty for a wait or a record
  std::shared_ptr<Token> wait;    ///< what it waits for
  std::shared_ptr<Token> end;     ///< what is reached with it
};

struct StreamState {
  std::deque<StreamWork> queue;
  bool destroyed = false;
  GraphBody* capture = nullptr;           ///< the graph that its work goes to
  std::vector<std::size_t> capture_front;  ///< nodes that the next one comes after
};

struct EventState {
  bool timing = true;
  std::shared_ptr<Token> last;  ///< of the latest record
};

struct StreamTable {
  std::map<cudaStream_t, std::shared_ptr<StreamState>> alive;
  std::vector<std::shared_ptr<StreamState>> all;  ///< also destroyed ones that have work left
  std::map<cudaEvent_t, std::unique_ptr<EventState>> events;
};
StreamTable& streams();

void capture_node(StreamState& stream, std::string what, std::function<void()> work, const void* function);
void capture_record(StreamState& stream, Token& token);
cudaError_t capture_wait(StreamState& stream, const Token& token);

}  // namespace footfall_emulator
