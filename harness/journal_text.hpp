// The words of a journal: what a machine was told and what it decided, one line a call.
//
//   c INSTANCE NOW EVENT SLOT SERIAL ...; DECISION; ...; next INSTANT
//   s NOW EVENT SLOT SERIAL ...; DECISION; ...; next INSTANT
//
// Decisions are effects and records; in a record what comes after '@' are instants, so that
// two runs can be compared without them. Instants and durations are nanoseconds. Every line
// can be read back and printed again to the same bytes.
//
// Use: `append(text, client_line{...});  const journal_line l = parse_journal_line(text);`
// Errors: journal_error, for what is not such a line.
#pragma once

#include <stdexcept>
#include <string>
#include <string_view>
#include <variant>

#include "client/events.hpp"
#include "mockserver/server_model.hpp"

namespace stampede {

class journal_error : public std::runtime_error {
  using std::runtime_error::runtime_error;
};

struct client_stopped {};

struct client_line {
  instance_id who;
  instant now;
  call_id call;
  std::variant<call_request, client_event, client_stopped> what;
};

struct server_line {
  instant now;
  exchange_id exchange;
  std::variant<server_request, written, peer_left, server_wakeup> what;
  // Of a request, whose own views of them are not used.
  std::string key;
  std::string path;
  std::string asked_fault;
};

struct journal_line {
  std::variant<client_line, server_line> input;
  std::string_view decisions;  // from the first ';' on
};

void append(std::string& out, const client_line& line);
void append(std::string& out, const server_line& line);

// Decisions, each led in by "; ".
void append(std::string& out, const client_effect& effect);
void append(std::string& out, const server_effect& effect);
void append(std::string& out, const attempt_record& r);
void append(std::string& out, const call_record& r);
void append(std::string& out, const exchange_record& r);
void append_next(std::string& out, instant wakeup);
// All that an answer's bytes are made from, as a hash; but not the text of a 401, which shows
// the end of the caller's key.
void append_hash(std::string& out, const answer& a);

journal_line parse_journal_line(std::string_view line);

// Any text as one word: what would break a line is written as %xx, nothing at all as %.
std::string word_of(std::string_view text);
std::string text_of_word(std::string_view word);

}  // namespace stampede
