#include "deepseek/error_codes.hpp"

#include <array>

namespace stampede::deepseek {
namespace {

using text = std::string_view;

constexpr std::array<text, 4> checks_400{
    "Run the failing body through a JSON validator: a trailing comma or a cut-off body shows at "
    "once.",
    "Compare it with the minimal known-good request: `messages` must be there, every role must be "
    "system, user, assistant or tool, and the model must be a name that still exists.",
    "Take out every optional field and see that the bare request gets a 200.",
    "Put the fields back one at a time; the one that brings the 400 back is the culprit. If only "
    "conversations of several turns fail, look for an assistant message missing from the history.",
};

constexpr std::array<text, 3> checks_401{
    "The key is present in the environment the program really runs in (a CI job that missed a "
    "rotated key is the usual cause), without an extra character or blank.",
    "The header is exactly `Authorization: Bearer sk-...`.",
    "The developer console still lists the key as active.",
};

constexpr std::array<text, 3> checks_402{
    "Look at the balance in the billing console and top it up; the keys themselves are still "
    "valid.",
    "See whether a granted balance has run out: promotional credit expires.",
    "Set a low-balance alert and price large jobs beforehand. That the browser chat still works "
    "proves nothing: it is billed apart.",
};

constexpr std::array<text, 2> checks_422{
    "Hold every parameter against the API's documentation: temperature at most 2, messages not "
    "empty, the word \"json\" in the prompt when JSON mode is on, max_tokens large enough (393216) "
    "for reasoning_effort \"max\".",
    "Bisect: drop the optional fields until a 200 comes, then put them back one at a time.",
};

constexpr std::array<text, 4> checks_429{
    "The answer's Retry-After header is honoured: no retry goes out before it is over.",
    "Retries back off exponentially and with jitter; fixed intervals make all clients return at "
    "the same moment.",
    "Count retries over all clients: more than about 50 a minute means that requests must be "
    "throttled before they are sent.",
    "If 429s go on under a steady load, put a queue in front of the API.",
};

constexpr std::array<text, 3> checks_500{
    "Retry once or twice with backoff.",
    "If it persists, read the service's status page.",
    "Debug your own code only after that: the fault is the server's.",
};

constexpr std::array<text, 4> checks_503{
    "Wait and retry as for a 429: exponential backoff with jitter, Retry-After as the floor.",
    "A circuit breaker is in place (five failures in a row open it for 60 s), so that a long "
    "outage does not eat the retry budget.",
    "Read the service's status page: overload comes in clusters around launches and big news.",
    "Where a fallback model is configured, the breaker's opening advances to it.",
};

constexpr std::array<error_code, 7> codes{{
    {400, "Invalid Format",
     "The body did not parse as JSON, or does not have the shape the endpoint expects.",
     remedy::fix, "Do not retry: the same body will be refused every time until it is changed.",
     "Validate the body and diff it against the smoke test.", checks_400},
    {401, "Authentication Fails",
     "The API key is missing, malformed or revoked, or was sent in the wrong header.", remedy::fix,
     "Do not retry: waiting does not mend a credential. Change the authentication set-up first.",
     "Check the key, the header and the environment variable.", checks_401},
    {402, "Insufficient Balance",
     "The account's prepaid balance is used up. The keys still work, but nothing billable is "
     "processed until it is topped up.",
     remedy::fix, "Do not retry: this is no throttle, and it stays until money is added.",
     "Top up the account, and check whether a granted balance has expired.", checks_402},
    {422, "Invalid Parameters",
     "The body is valid JSON, but a parameter is out of its range or does not go with the rest.",
     remedy::fix, "Do not retry: it is an error of logic in the request, not of the moment.",
     "Bisect the parameters and check their ranges.", checks_422},
    {429, "Rate Limit Reached",
     "More calls at once than the service grants this account just now. There is no published "
     "cap per minute: the limit moves with the load and with what the account did lately.",
     remedy::retry,
     "Retry with exponential backoff and jitter, never sooner than Retry-After says.",
     "Back off exponentially with jitter and honour Retry-After.", checks_429},
    {500, "Server Error",
     "Something failed inside the service: an exception, a deployment in the middle of the "
     "request, a fault of one region.",
     remedy::retry_limited, "Retry once or twice with backoff, then stop.",
     "Back off; if it persists, check the status page.", checks_500},
    {503, "Server Overloaded",
     "The service has more traffic than it can take and asks for time to recover.", remedy::retry,
     "Retry like a 429, behind a circuit breaker that stops asking during a long outage.",
     "Back off behind a circuit breaker and check the status page.", checks_503},
}};

}  // namespace

std::span<const error_code> error_codes() { return codes; }

const error_code* find_error_code(int status) {
  for (const error_code& code : codes)
    if (code.status == status) return &code;
  return nullptr;
}

}  // namespace stampede::deepseek
