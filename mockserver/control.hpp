// The control API under /_stampede/, the live page and /metrics: how a serving mock is scripted and
// watched. Every endpoint with its JSON: docs/control.md.
//
// A fault given as JSON is read as a scenario's is and refused in the same one line. With a
// token everything but readiness and the empty live page asks for it; without one only requests
// that name this machine as their host are answered, so that no web page elsewhere can drive
// the mock through a browser. Deterministic; knows no socket and no clock.
//
// Use: attempt_journal seen;  control desk({.token = "..."}, seen);
//      listen_options listen;  listen.pages = &desk;
#pragma once

#include <string>
#include <string_view>

#include "mockserver/attempt_journal.hpp"
#include "mockserver/page.hpp"
#include "mockserver/server_model.hpp"

namespace stampede {

struct control_options {
  std::string token;           // empty: none is asked for
  std::string_view live_page;  // its HTML; must outlive the control
  std::string scenario;        // the name of what is served
};

class control final : public page_source {
 public:
  control(control_options options, attempt_journal& seen)
      : options_(std::move(options)), seen_(seen) {}

  bool takes(std::string_view target) const override {
    return target.starts_with("/_stampede") || target == "/metrics" ||
           target.starts_with("/metrics?");
  }
  page answer(const page_request& request, server_model& model, const wire_facts& wire,
              instant now) override;

  // Whether the scenario's file was loaded again, or why not: one line, "" where all is well.
  void note_load(std::string name, std::string problem);

 private:
  struct asked;  // a request taken apart

  page route(const asked& what);
  page faults(const asked& what);
  page one_fault(const asked& what, std::string_view number);
  page account(const asked& what, std::string_view name);
  page date(const asked& what);
  page journal(const asked& what) const;
  page state(const asked& what) const;
  // Nothing where the request may be answered.
  page refusal(const page_request& request, std::string_view path) const;

  control_options options_;
  attempt_journal& seen_;
  std::uint64_t loads_ = 1;
  std::string problem_;
  std::uint64_t model_began_ = 0;  // the journal's last number when this model took over
};

}  // namespace stampede
