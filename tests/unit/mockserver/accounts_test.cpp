// Keys, money and limits: expected sums typed by hand from the price list and the formulas of
// docs/mock.md.
#include "mockserver/accounts.hpp"

#include "tests/unit/mockserver/rig.hpp"

namespace stampede {
namespace {

using namespace testing;

constexpr std::int64_t usd = 1'000'000'000'000;
constexpr auto flash = deepseek::model_id::v4_flash;
constexpr auto pro = deepseek::model_id::v4_pro;

instant at(duration t) { return run_start + t; }

server_settings with(account_settings account) {
  server_settings s;
  if (account.keys.empty()) account.keys = {"sk-test"};
  s.accounts.push_back(std::move(account));
  return s;
}

account_settings with_money(std::int64_t granted, std::int64_t topped_up) {
  account_settings a;
  a.granted = pico_usd{granted};
  a.topped_up = pico_usd{topped_up};
  return a;
}

// One call of rig.hpp's chat(): 2000 x $0.028 + 200 x $0.14 + 60 x $0.28, each a million tokens.
constexpr std::int64_t one_call = 100'800'000;

TEST(Accounts, WithoutAnyEveryKeyWorksAndMoneyHasNoEnd) {
  const server_settings s;
  accounts books(s);
  EXPECT_EQ(books.size(), 1U);
  EXPECT_TRUE(books.works(books.known("sk-whatever"), run_start));
  const caller first = books.caller_of("sk-a");
  const caller second = books.caller_of("sk-b");
  EXPECT_NE(first.key, second.key);
  EXPECT_EQ(first.account, second.account);
  EXPECT_EQ(books.caller_of("sk-a").key, first.key);
  EXPECT_EQ(books.key_of(second), "sk-b");
  books.debit(first, {500 * usd}, run_start);
  EXPECT_TRUE(books.can_pay(first, run_start));
  EXPECT_FALSE(books.balance(0, run_start));
  EXPECT_EQ(books.spent(0).value, 500 * usd);
  EXPECT_FALSE(books.concurrency(first, flash, 999, run_start));
}

TEST(Accounts, WithoutAnyOnlySoManyKeysAreToldApart) {
  const server_settings s;
  accounts books(s);
  for (int i = 0; i < 65'536; ++i) books.caller_of("sk-" + std::to_string(i));
  const caller other = books.caller_of("sk-one more");
  EXPECT_EQ(other.key, 65'536U);
  EXPECT_EQ(books.caller_of("sk-and another").key, 65'536U);
  EXPECT_EQ(books.key_of(other), "");
  EXPECT_EQ(books.keys(), 65'537U);
  EXPECT_FALSE(books.known("sk-one more"));
  EXPECT_TRUE(books.works(books.known("sk-one more"), run_start));
  EXPECT_EQ(books.caller_of("sk-65535").key, 65'535U);
}

TEST(Accounts, KeysAreRevokedAndRotated) {
  account_settings a;
  a.keys = {"sk-old", "sk-other"};
  a.revoked = {"sk-leaked"};
  a.rotations = {{at(60s), "sk-old", "sk-new"}, {at(90s), "sk-new", ""}};
  const server_settings s = with(a);
  accounts books(s);
  const auto working = [&](duration t) {
    std::string names;
    for (const char* key : {"sk-old", "sk-other", "sk-leaked", "sk-new", "sk-nobody", ""})
      if (books.works(books.known(key), at(t))) names += std::string(key) + " ";
    return names;
  };
  EXPECT_EQ(working(0s), "sk-old sk-other ");
  EXPECT_EQ(working(60s - 1ns), "sk-old sk-other ");
  EXPECT_EQ(working(60s), "sk-other sk-new ");
  EXPECT_EQ(working(90s), "sk-other ");
  EXPECT_EQ(books.caller_of("sk-new").account, books.caller_of("sk-old").account);
}

TEST(Accounts, GrantedMoneyIsSpentFirstAndLapses) {
  account_settings a = with_money(5 * usd, 20 * usd);
  a.granted_until = at(10min);
  const server_settings s = with(a);
  accounts books(s);
  const caller who = books.caller_of("sk-test");
  const auto left = [&](duration t) {
    const account_balance b = books.balance(0, at(t)).value();
    return std::pair{b.granted.value, b.topped_up.value};
  };
  books.debit(who, {3 * usd}, at(1s));
  EXPECT_EQ(left(1s), (std::pair{2 * usd, 20 * usd}));
  books.debit(who, {3 * usd}, at(2s));
  EXPECT_EQ(left(2s), (std::pair{std::int64_t{0}, 19 * usd}));

  accounts other(s);
  other.debit(who, {usd}, at(1s));
  EXPECT_EQ(other.balance(0, at(10min) - 1ns)->total().value, 24 * usd);
  EXPECT_EQ(other.balance(0, at(10min))->total().value, 20 * usd) << "four dollars lapse";
  other.debit(who, {usd}, at(11min));
  EXPECT_EQ(other.balance(0, at(11min))->topped_up.value, 19 * usd);
  EXPECT_EQ(other.spent(0).value, 2 * usd);
}

TEST(Accounts, AnEmptyOneCannotPay) {
  const server_settings s = with(with_money(0, 100));
  accounts books(s);
  const caller who = books.caller_of("sk-test");
  EXPECT_TRUE(books.can_pay(who, run_start));
  books.debit(who, {99}, run_start);
  EXPECT_TRUE(books.can_pay(who, run_start));
  books.debit(who, {1}, run_start);
  EXPECT_FALSE(books.can_pay(who, run_start)) << "nothing left";
  books.debit(who, {7}, run_start);  // was under way
  EXPECT_EQ(books.balance(0, run_start)->total().value, -7);
}

TEST(Accounts, ALapsedGrantEmptiesTheAccount) {
  account_settings a;
  a.granted = pico_usd{usd};
  a.granted_until = at(1min);
  const server_settings s = with(a);
  accounts books(s);
  const caller who = books.caller_of("sk-test");
  EXPECT_TRUE(books.can_pay(who, at(59s)));
  EXPECT_FALSE(books.can_pay(who, at(60s)));
}

TEST(Accounts, SaysOnceThatLittleIsLeft) {
  account_settings a = with_money(0, 3 * usd);
  a.keys = {"sk-0123456789abcdef"};
  a.name = "team-a";
  a.alert_below = pico_usd{usd};
  const server_settings s = with(a);
  accounts books(s);
  const caller who = books.caller_of("sk-0123456789abcdef");
  books.debit(who, {2 * usd}, at(1s));
  EXPECT_TRUE(books.alerts().empty()) << "exactly the line is not below it";
  books.debit(who, {1}, at(2500ms));
  books.debit(who, {usd}, at(3s));
  ASSERT_EQ(books.alerts().size(), 1U);
  EXPECT_EQ(books.alerts()[0].at, at(2500ms));
  EXPECT_EQ(books.alerts()[0].left.value, usd - 1);
  EXPECT_EQ(books.in_words(books.alerts()[0]),
            "low balance at 2.500 s: account 'team-a' (key ****cdef) has $0.99 left, less than "
            "$1.00");
  EXPECT_EQ(masked_key("sk-short"), "****");
}

TEST(Accounts, BalancePage) {
  const server_settings s = with(with_money(10 * usd, 100 * usd));
  accounts books(s);
  EXPECT_EQ(books.balance_json(0, run_start),
            R"({"is_available":true,"balance_infos":[{"currency":"USD","total_balance":"110.00",)"
            R"("granted_balance":"10.00","topped_up_balance":"100.00"}]})");
  const caller who = books.caller_of("sk-test");
  books.debit(who, {105 * usd + usd / 200}, run_start);
  EXPECT_EQ(books.balance_json(0, run_start),
            R"({"is_available":true,"balance_infos":[{"currency":"USD","total_balance":"4.99",)"
            R"("granted_balance":"0.00","topped_up_balance":"4.99"}]})");
  books.debit(who, {5 * usd}, run_start);
  EXPECT_EQ(books.balance_json(0, run_start),
            R"({"is_available":false,"balance_infos":[{"currency":"USD","total_balance":"0.00",)"
            R"("granted_balance":"0.00","topped_up_balance":"0.00"}]})");
  const server_settings none;
  EXPECT_EQ(accounts(none).balance_json(0, run_start),
            R"({"is_available":true,"balance_infos":[{"currency":"USD",)"
            R"("total_balance":"1000000.00","granted_balance":"0.00",)"
            R"("topped_up_balance":"1000000.00"}]})");
}

TEST(Accounts, ConcurrencyByDate) {
  server_settings s;
  s.concurrency_by_date = true;
  accounts april(s);
  const caller who = april.caller_of("sk-test");
  EXPECT_EQ(april.concurrency(who, pro, 0, run_start), 500U);
  EXPECT_EQ(april.concurrency(who, flash, 0, run_start), 2500U);
  EXPECT_EQ(april.concurrency(who, pro, 750, run_start), 125U);
  EXPECT_EQ(april.concurrency(who, pro, 1000, run_start), 1U) << "never none";
  for (int i = 0; i < 400; ++i) april.note_refusal(who, at(5s));
  EXPECT_EQ(april.concurrency(who, pro, 0, at(9s)), 100U) << "500 x 100 / (100 + 400)";
  EXPECT_EQ(april.concurrency(who, pro, 0, at(10s)), 166U) << "halved: 500 x 100 / 300";
  EXPECT_EQ(april.concurrency(who, pro, 500, at(10s)), 83U);
  EXPECT_EQ(april.concurrency(who, pro, 0, at(1h)), 500U) << "forgotten";

  s.date = *deepseek::parse_date("2026-05-21T23:59:00Z");
  accounts may(s);
  EXPECT_EQ(may.concurrency(who, flash, 500, at(59s)), 1250U);
  EXPECT_EQ(may.concurrency(who, flash, 500, at(60s)), 2500U) << "fixed from 2026-05-22 on";
  EXPECT_EQ(may.concurrency(who, pro, 1000, at(60s)), 500U);
}

TEST(Accounts, ConcurrencyByBalance) {
  server_settings s = with(with_money(0, 10 * usd));
  s.concurrency_by_balance = true;
  s.account_concurrency = 100;
  accounts books(s);
  const caller who = books.caller_of("sk-test");
  EXPECT_EQ(books.concurrency(who, flash, 0, run_start), 100U) << "250 would be allowed";
  books.debit(who, {8 * usd + usd / 2}, run_start);
  EXPECT_EQ(books.concurrency(who, flash, 0, run_start), 37U) << "1.5 dollars x 25";
  books.debit(who, {usd + usd / 2 - 1}, run_start);
  EXPECT_EQ(books.concurrency(who, flash, 0, run_start), 1U);
  s.account_concurrency = 0;
  EXPECT_EQ(accounts(s).concurrency(who, pro, 0, run_start), 250U);
}

// ---- through the server

TEST(AccountsServer, FourOhTwoArrivesByItselfAndTheLedgerIsTheDifference) {
  const server_settings s = with(with_money(one_call, one_call + 1));
  rig server(s);
  for (std::uint32_t call = 0; call < 5; ++call) {
    server.ask(chat(0, call));
    server.run_all();
  }
  std::vector<int> statuses;
  std::int64_t charged = 0;
  for (const exchange_record& r : server.sink.exchanges) {
    statuses.push_back(r.status);
    charged += r.charge.value;
  }
  EXPECT_EQ(statuses, (std::vector<int>{200, 200, 200, 402, 402}));
  EXPECT_EQ(charged, 3 * one_call);
  EXPECT_EQ(server.model.books().balance(0, server.now)->total().value, 1 - one_call);
}

TEST(AccountsServer, AnEmptyAccountStillShowsModelsAndBalance) {
  rig server(with(with_money(0, 0)));
  const auto status_of = [&](server_request r, route where, const char* key) {
    r.where = where;
    r.key = key;
    const exchange_id id = server.ask(r);
    return std::pair{server.model.answer_of(id).status, server.model.answer_of(id).body};
  };
  const auto refused = std::pair{std::int16_t{401}, body_kind::error_json};
  EXPECT_EQ(status_of(chat(0, 0), route::chat, "sk-test"),
            (std::pair{std::int16_t{402}, body_kind::error_json}));
  EXPECT_EQ(status_of({chat(0, 1)}, route::models, "sk-test"),
            (std::pair{std::int16_t{200}, body_kind::models}));
  EXPECT_EQ(status_of(chat(0, 2), route::balance, "sk-test"),
            (std::pair{std::int16_t{200}, body_kind::balance}));
  for (const route where : {route::chat, route::models, route::balance})
    EXPECT_EQ(status_of(chat(0, 3), where, "sk-unknown"), refused);
  server_request wrong = chat(0, 4);
  wrong.chat.messages = 0;
  EXPECT_EQ(server.model.answer_of(server.ask(wrong)).status, 422) << "money is looked at last";
}

TEST(AccountsServer, FourOhTwoIsTheServicesText) {
  rig server(with(with_money(0, 0)));
  const answer a = server.model.answer_of(server.ask(chat(0, 0)));
  EXPECT_EQ(a.message, "Insufficient Balance");
  EXPECT_EQ(a.type, "unknown_error");
  EXPECT_EQ(a.code, "invalid_request_error");
  EXPECT_EQ(a.retry_after, no_duration);
}

TEST(AccountsServer, ARotatedKeyIsAnsweredAsAnUnknownOne) {
  account_settings account;
  account.rotations = {{at(60s), "sk-test", "sk-newer"}};
  rig server(with(account));
  const exchange_id before = server.ask(chat(0, 0));
  EXPECT_EQ(server.transcript(), "");
  server.run_to(60s);
  EXPECT_EQ(server.sink.exchanges[before.serial].status, 200);
  const answer a = server.model.answer_of(server.ask(chat(0, 1)));
  EXPECT_EQ(a.status, 401);
  EXPECT_EQ(a.message, "Authentication Fails, Your api key: ****test is invalid");
  server_request newer = chat(0, 2);
  newer.key = "sk-newer";
  server.ask(newer);
  server.run_to(120s);
  EXPECT_EQ(server.sink.exchanges.back().status, 200);
}

TEST(AccountsServer, OneAccountsMoneyIsNotAnothers) {
  server_settings s = with(with_money(0, one_call));
  account_settings rich = with_money(0, usd);
  rich.name = "rich";
  rich.keys = {"sk-rich"};
  s.accounts.push_back(rich);
  rig server(s);
  for (std::uint32_t call = 0; call < 3; ++call) {
    server_request r = chat(1, call);
    r.key = "sk-rich";
    server.ask(r);
    server.ask(chat(0, call));
    server.run_all();
  }
  const accounts& books = server.model.books();
  EXPECT_EQ(books.balance(0, server.now)->total().value, 0);
  EXPECT_EQ(books.balance(1, server.now)->total().value, usd - 3 * one_call);
}

TEST(AccountsServer, PricesChangeInTheMiddleOfARun) {
  server_settings s;
  s.date = *deepseek::parse_date("2026-04-26T12:14:58Z");
  rig server(s);
  server_request costly = chat(0, 0);
  costly.model = "deepseek-v4-pro";
  server.ask(costly);  // done at 1.3 s
  server.run_to(1900ms);
  costly.identity.call = 1;
  server.ask(costly);  // begun before the cut, done after it
  server.run_all();
  ASSERT_EQ(server.sink.exchanges.size(), 2U);
  EXPECT_EQ(server.sink.exchanges[0].charge.value,
            2000 * 145'000 + 200 * 1'740'000 + 60 * 3'480'000);
  EXPECT_EQ(server.sink.exchanges[1].charge.value, 2000 * 3'625 + 200 * 435'000 + 60 * 870'000);
}

TEST(AccountsServer, WhatAnAbandonedAnswerBillsIsASwitch) {
  for (const bool bills : {true, false}) {
    server_settings s = with(with_money(0, usd));
    s.bill_abandoned = bills;
    rig server(s);
    const exchange_id id = server.ask(with_work(chat(0, 0), 10s));
    server.now = at(5s);
    server.feed(id, peer_left{});
    // 2000 hit, 200 miss and half of the 60 tokens
    const std::int64_t billed = bills ? 2000 * 28'000 + 200 * 140'000 + 30 * 280'000 : 0;
    EXPECT_EQ(server.sink.exchanges.at(0).charge.value, billed);
    EXPECT_EQ(server.model.books().balance(0, server.now)->total().value, usd - billed);
  }
}

TEST(AccountsServer, TheObservedTextNamesTheBalance) {
  server_settings s = with(with_money(0, usd / 10));
  s.profile = server_profile::observed;
  s.concurrency_by_balance = true;
  rig server(s);
  server.ask(chat(0, 0));
  server.ask(chat(0, 1));
  const answer a = server.model.answer_of(server.ask(chat(0, 2)));
  EXPECT_EQ(a.status, 429);
  EXPECT_EQ(a.message,
            "Too many requests. Your current concurrency is 3, which exceeds your concurrency "
            "limit of 2 based on your remaining balance. Please top up your balance to restore "
            "your concurrency.");
  EXPECT_EQ(a.type, "rate_limit_error");
  EXPECT_EQ(a.code, "invalid_request_error");
}

}  // namespace
}  // namespace stampede
