// What becomes of a new request: refused, faulted, queued or started.
#include <fmt/format.h>

#include <algorithm>

#include "deepseek/ranges.hpp"
#include "mockserver/echo.hpp"
#include "mockserver/faults/terse.hpp"
#include "mockserver/server_core.hpp"
#include "mockserver/service_texts.hpp"

namespace stampede {
namespace {

// Whose cached prompts a request may meet: its account's, of its model and user.
std::uint64_t cache_owner(std::uint32_t account, deepseek::model_id model,
                          std::string_view user_id) {
  std::uint64_t owner = std::uint64_t{account} << 8 | static_cast<std::uint64_t>(model);
  for (const char c : user_id) owner = mix64(owner + static_cast<unsigned char>(c) + 1);
  return owner;
}

std::int64_t minute_of(deepseek::date d) {
  return std::chrono::floor<std::chrono::minutes>(d).time_since_epoch().count();
}

dialect dialect_of(route r) {
  if (r == route::completions) return dialect::text;
  return r == route::messages ? dialect::anthropic : dialect::chat;
}

}  // namespace

void server_core::receive(exchange_id id, const server_request& request) {
  STAMPEDE_CHECK(id == next_id());
  exchange& x = open_exchange(id, request);
  const bool chat = generates(request.where);
  const request_form* const form = known_form(request);
  std::optional<deepseek::resolved_model> model;
  if (form) {
    model = form->model;
  } else if (chat && request.chat.has_model) {
    model = request.where == route::messages
                ? deepseek::resolve_message_model(request.model, date_now())
                : deepseek::resolve_model(request.model, date_now());
  }
  if (model) x.said.model = model->id;
  x.record.model = static_cast<std::uint8_t>(x.said.model);
  x.record.route = static_cast<std::uint8_t>(request.where);
  x.said.stream = x.record.stream = chat && request.chat.stream;

  x.path = request.path;
  const plan_edit* edit = asked_for(x, request, chat);
  if (x.stage == exchange_stage::over) return;
  if (!edit) edit = consult(x, fault_stage::edge, chat);
  // What was given ends with this call.
  x.path = form ? form->path : standing_path(request.path);
  if (edit && std::holds_alternative<answer_now>(*edit)) {
    carry_out(x, *edit);
    return;
  }
  const std::optional<caller> known = form ? form->who : books_.known(request.key);
  const bool is_sound = form && books_.works(known, now_);
  if (!is_sound && turn_away(x, request, model, known)) return;
  if (!chat) {
    answer_page(x, request);
    return;
  }
  x.who = known ? *known : books_.caller_of(request.key);
  x.record.key = x.who.key;
  if (!form) note_form(x, request, *model);
  if (!enter(x)) return;
  if (!edit) edit = consult(x, fault_stage::admission, true);
  if (edit && std::holds_alternative<answer_now>(*edit)) {
    carry_out(x, *edit);
    return;
  }
  take_facts(x, request, *model);
  if (!edit || carry_out(x, *edit)) admit(x);
}

// Refuses what is not a valid request of a key that works; whether it did.
bool server_core::turn_away(exchange& x, const server_request& request,
                            const std::optional<deepseek::resolved_model>& model,
                            const std::optional<caller>& known) {
  std::optional<refusal> why = validate(request, model, settings_, known.has_value());
  const bool asks = request.auth == auth_form::bearer && request.where != route::unknown &&
                    request.where != route::wrong_method;
  if (asks && !books_.works(known, now_)) why = unknown_key(request.key);
  if (!why) return false;
  x.said.fault = no_fault;  // the fault's turn would have come later
  refuse(x, *why);
  return true;
}

const request_form* server_core::known_form(const server_request& request) const {
  if (request.form >= forms_.size()) return nullptr;
  const request_form& known = forms_[request.form];
  const std::int64_t tokens = request.chat.max_tokens.value_or(-1);
  const std::int64_t prompt = std::int64_t{request.workload.hit} + request.workload.miss;
  const bool fits =
      tokens >= known.least_tokens && tokens <= known.most_tokens && prompt <= known.most_prompt;
  return fits && known.minute == minute_of(date_now()) ? &known : nullptr;
}

void server_core::note_form(const exchange& x, const server_request& request,
                            const deepseek::resolved_model& model) {
  if (request.form == 0 || !request.workload.declared || !request.chat.max_tokens) return;
  if (request.form >= forms_.size()) forms_.resize(request.form + 1);
  request_form& known = forms_[request.form];
  const std::int64_t minute = minute_of(date_now());
  const std::int64_t tokens = *request.chat.max_tokens;
  const std::int64_t prompt = std::int64_t{request.workload.hit} + request.workload.miss;
  if (known.minute != minute) {
    known = {minute, model, x.who, x.path, tokens, tokens, prompt};
    return;
  }
  // The longest prompt and the longest answer may never have come together.
  const std::int64_t most_tokens = std::max(tokens, known.most_tokens);
  const std::int64_t most_prompt = std::max(prompt, known.most_prompt);
  if (most_prompt + most_tokens > deepseek::context_tokens) return;
  known.least_tokens = std::min(tokens, known.least_tokens);
  known.most_tokens = most_tokens;
  known.most_prompt = most_prompt;
}

// Money first: who has none is told so however few his requests are.
bool server_core::enter(exchange& x) {
  const auto refuse_early = [&](std::int16_t status, std::string_view message) {
    x.said.fault = no_fault;  // the fault's turn would have come later
    const bool again = status == 429;
    if (again) books_.note_refusal(x.who, now_);
    refuse(x, status, again ? settings_.retry_after.value_or(no_duration) : no_duration, message);
    return false;
  };
  if (!books_.can_pay(x.who, now_)) return refuse_early(402, {});
  const std::int32_t full = settings_.heeds_load() ? load() : 0;
  const auto most = books_.concurrency(x.who, x.said.model, full, now_);
  const std::uint32_t open = books_.open(x.who, x.said.model);
  if (most && open >= *most) {
    const bool by_balance =
        settings_.concurrency_by_balance && settings_.profile == server_profile::observed;
    if (!by_balance) return refuse_early(429, {});
    x.message = fmt::format(
        "Too many requests. Your current concurrency is {}, which exceeds your concurrency limit "
        "of {} based on your remaining balance. Please top up your balance to restore your "
        "concurrency.",
        open + 1, *most);
    return refuse_early(429, x.message);
  }
  if (!books_.within_rate(x.who, full, now_)) return refuse_early(429, {});
  books_.enter(x.who, x.said.model);
  x.counted = true;
  return true;
}

exchange& server_core::open_exchange(exchange_id id, const server_request& request) {
  if (id.slot == exchanges_.size()) exchanges_.emplace_back();
  next_slot_ = static_cast<std::uint32_t>(exchanges_.size());
  if (!free_.empty()) {
    next_slot_ = free_.back();
    free_.pop_back();
  }
  exchange& x = exchanges_[id.slot];
  x.begin();
  x.slot = id.slot;
  x.serial = id.serial;
  x.stage = exchange_stage::deciding;
  ++requests_;
  ++open_;

  x.said.identity = request.identity;
  x.said.attempt = ledger_.count(request.identity, now_);
  x.randomness = {seed_, call_entity(request.identity.instance, request.identity.call),
                  x.said.attempt};
  x.said.text = drawn(x, purpose::answer_text);
  x.said.created = date_now().time_since_epoch().count();
  x.record.serial = id.serial;
  x.record.by_header = request.identity.by_header;
  x.record.instance = request.identity.instance;
  x.record.call = request.identity.call;
  x.record.arrived = now_;
  return x;
}

void server_core::take_facts(exchange& x, const server_request& request,
                             const deepseek::resolved_model& model) {
  const chat_facts& chat = request.chat;
  answer& a = x.said;
  a.words = dialect_of(request.where);
  a.include_usage = chat.include_usage;
  a.thinking = a.words != dialect::text && chat.thinking.value_or(model.thinking_by_default);
  a.json_mode = chat.json_mode;
  if (a.words == dialect::chat && chat.logprobs.value_or(false)) {
    constexpr deepseek::count_range range = deepseek::ranges::top_logprobs;
    a.top_logprobs = static_cast<std::int8_t>(
        std::clamp(chat.top_logprobs.value_or(0), range.least, range.most));
  }
  if (request.workload.declared) {
    a.usage.hit = request.workload.hit;
    a.usage.miss = request.workload.miss;
    x.declared_work = request.workload.work;
    plan_text(x, chat, request.workload.output, true);
    return;
  }
  if (settings_.prefix_cache_units > 0) {
    x.prefix = chat.prefix;
    make_private(x.prefix, cache_owner(x.who.account, a.model, chat.user_id));
  }
  a.usage.miss = estimate_tokens(chat.prompt_bytes);
  std::int64_t wanted = 0;
  if (settings_.output_tokens) {
    wanted = sample(*settings_.output_tokens, drawn(x, purpose::output_tokens));
  } else {
    wanted = std::min<std::int64_t>(300, 8 + 4 * std::int64_t{a.usage.miss});
  }
  wanted = std::min<std::int64_t>(wanted, deepseek::most_output_tokens);
  plan_text(x, chat, static_cast<std::int32_t>(wanted), false);
}

fault_case server_core::case_of(const exchange& x, bool chat) const {
  const call_identity& who = x.said.identity;
  return {.now = now_,
          .identity = who,
          .attempt = x.said.attempt,
          .key = x.counted ? books_.key_of(x.who) : std::string_view(),
          .path = x.path,
          .key_number = x.counted ? x.who.key : 0,
          .model = x.said.model,
          .stream = x.said.stream,
          .chat = chat,
          .randomness = {seed_, replication_, call_entity(who.instance, who.call), purpose::fault,
                         x.said.attempt}};
}

// The first fault of `stage` that takes the request decides; at most one does.
const plan_edit* server_core::consult(exchange& x, fault_stage stage, bool chat) {
  if (!has_fault_at(stage) || x.said.fault != no_fault) return nullptr;
  fault_case asked = case_of(x, chat);
  for (const std::uint16_t i : in_force_at(stage)) {
    asked.randomness.index = asked.attempt | std::uint64_t{i} << 16;
    const plan_edit* const edit = faults_[i].consider(asked);
    if (!edit) continue;
    x.said.fault = static_cast<std::int16_t>(i);
    x.record.fault_kind = faults_[i].taken_as();
    x.said.fault_kind = fault_kind(x.record.fault_kind);
    return edit;
  }
  return nullptr;
}

const plan_edit* server_core::asked_for(exchange& x, const server_request& request, bool chat) {
  if (request.asked_fault.empty() || !settings_.fault_header) return nullptr;
  made_fault made;
  try {
    const config_place header{std::make_shared<std::string>("x-stampede-fault"), 0, 0};
    made = make_fault(terse_fault(request.asked_fault, header));
  } catch (const config_error& wrong) {
    constexpr std::size_t longest = 1000;
    x.message = printable_ascii(echo_of(wrong.what(), longest));
    refuse(x, 400, no_duration, x.message);
    return nullptr;
  }
  x.asked = std::move(made.does);
  const plan_edit* const edit = x.asked->apply(case_of(x, chat));
  if (!edit) return nullptr;
  x.said.fault = asked_fault;
  x.said.fault_kind = made.kind;
  x.record.fault_kind = fault_kind_number(made.kind);
  return edit;
}

void server_core::answer_page(exchange& x, const server_request& request) {
  x.said.fault = no_fault;  // what is not done instead of an answer is done to generated ones
  x.said.body = body_kind::models;
  if (request.where == route::balance) {
    x.who = books_.caller_of(request.key);
    x.message = books_.balance_json(x.who.account, now_);
    x.said.body = body_kind::balance;
    x.said.message = x.message;
  }
  complete(x);
}

void server_core::refuse(exchange& x, const refusal& why) {
  x.message.assign(why.message);
  x.said.status = why.status;
  x.said.body = why.body;
  x.said.head = why.head;
  x.said.message = x.message;
  x.said.type = why.type;
  x.said.code = why.code;
  complete(x);
}

void server_core::refuse(exchange& x, std::int16_t status, duration retry_after,
                         std::string_view message) {
  const service_text text = service_text_of(status);
  x.said.body = body_kind::error_json;
  x.said.message = message.empty() ? text.message : message;
  x.said.type = text.type;
  x.said.code = text.code;
  if (x.head_sent) {  // too late for another status: all that is left is to close
    finish(x, ending::truncated);
    return;
  }
  x.said.status = status;
  x.said.retry_after = retry_after;
  complete(x);
}

bool server_core::carry_out(exchange& x, const plan_edit& edit) {
  if (const auto* now = std::get_if<answer_now>(&edit)) {
    x.said.retry_as = now->retry.as;
    x.said.retry_text = now->retry.text;
    x.said.should_retry = now->should_retry;
    if (now->content_type.empty()) {
      refuse(x, now->status, now->retry.wait, now->message);
    } else {
      x.said.status = now->status;
      x.said.retry_after = now->retry.wait;
      x.said.body = body_kind::page;
      x.said.message = now->message;
      x.said.content_type = now->content_type;
      complete(x);
    }
    return false;
  }
  if (edits_answer_only(edit)) {
    edit_answer(x, edit);
    return true;
  }
  ++held_;
  if (const auto* late = std::get_if<delay_start>(&edit)) {
    x.stage = exchange_stage::delayed;
    x.until = after(now_, late->length);
  } else {
    x.stage = exchange_stage::held;
    x.hold = std::get<hold_request>(edit);
    x.until = after(now_, x.hold.length);
    if (x.hold.keep_alive_every > duration::zero()) {
      emit_piece(x, false);  // the 200, at once
      x.next_keep_alive = after(now_, x.hold.keep_alive_every);
    }
  }
  arm_wait(x);
  return false;
}

void server_core::admit(exchange& x) {
  if (queue_.empty() && has_free_slot()) {
    start(x);
  } else if (queue_.size() < settings_.queue_places || x.head_sent) {
    enqueue(x);  // whoever has its 200 already cannot be refused any more
  } else {
    if (settings_.when_full == 429) books_.note_refusal(x.who, now_);
    refuse(x, settings_.when_full, settings_.retry_after.value_or(no_duration), {});
  }
}

void server_core::enqueue(exchange& x) {
  x.stage = exchange_stage::queued;
  queue_.push(x.slot);
  x.until = after(now_, settings_.queue_close_after);
  x.next_keep_alive = after(now_, settings_.keep_alive_every);
  arm_wait(x);
}

}  // namespace stampede
