// Reads a sound JSON body fast: simdjson takes it apart, and what it holds goes to the listener
// just as walk_body would tell it. Nearly every request is sound, so nearly every one is read
// here; where anything is wrong, walk_body reads it again and says what, and where.
//
// Pure; keeps one parser a thread for its memory, which a large body does not stay in.
//
// Use: read_body<chat_listener>(body, top, request);
#pragma once

#include <string_view>

#include "mockserver/body_walk.hpp"

namespace stampede {

// False where the body is not JSON, or not of `top`'s shape, or beyond what simdjson reads (whole
// numbers of more than 64 bits, say): the listener may have heard a part of it by then.
bool skim_body(std::string_view body, const body_field& top, body_listener& listener);

// Reads `body` into the request, with a listener made from it. What the listener says of the
// whole is drawn by its finish(), which is not called where something is wrong.
template <class Listener>
void read_body(std::string_view body, const body_field& top, server_request& request) {
  {
    Listener listener(request);
    if (skim_body(body, top, listener)) {
      listener.finish();
      return;
    }
  }
  request.chat = {};
  request.model.clear();
  request.problem = {};
  Listener listener(request);
  walk_body(body, top, listener, request.problem);
  if (request.problem.what == request_problem::kind::none) listener.finish();
}

}  // namespace stampede
