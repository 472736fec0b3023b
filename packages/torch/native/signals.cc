// What a process says the moment it is asked to stop. Node tells JavaScript of a signal when the
// operator at hand has ended, which may take seconds; a handler of the system does not wait.
#include "functions.h"

#ifndef _WIN32

#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <csignal>

namespace tandem::functions {

namespace {

constexpr int kSignals[] = {SIGINT, SIGTERM};

/// The handlers of before, which are Node's, and what the first signal says. A notice is never
/// freed: a handler on another thread may be writing it.
struct sigaction before[2];
std::atomic<const std::string*> notice{nullptr};
std::atomic<bool> isInstalled{false};
std::atomic<bool> wasAsked{false};
static_assert(std::atomic<bool>::is_always_lock_free && std::atomic<const std::string*>::is_always_lock_free,
              "a signal handler may not wait for a lock");

void passOn(int signal, siginfo_t* info, void* context) {
  const struct sigaction& node = before[signal == kSignals[0] ? 0 : 1];
  if (node.sa_flags & SA_SIGINFO) {
    node.sa_sigaction(signal, info, context);
  } else if (node.sa_handler != SIG_DFL && node.sa_handler != SIG_IGN) {
    node.sa_handler(signal);
  }
}

/// Calls nothing that a handler may not: write, sigaction and raise are safe in one.
void onSignal(int signal, siginfo_t* info, void* context) {
  const int error = errno;
  if (!wasAsked.exchange(true)) {
    const std::string& text = *notice.load();
    [[maybe_unused]] const ssize_t written = write(STDERR_FILENO, text.data(), text.size());
    passOn(signal, info, context);
  } else {
    struct sigaction end = {};
    end.sa_handler = SIG_DFL;
    sigaction(signal, &end, nullptr);
    raise(signal);  // comes when this handler returns
  }
  errno = error;
}

}  // namespace

/// announceSignals(text): the first SIGINT or SIGTERM writes the text to stderr at once and is
/// passed on to Node, the second ends the process. Called again, it changes the text.
void announceSignals(Call& call) {
  notice = new std::string(call.textAt(0));
  if (isInstalled) return;
  wasAsked = false;
  struct sigaction own = {};
  own.sa_sigaction = onSignal;
  own.sa_flags = SA_SIGINFO | SA_RESTART;
  sigfillset(&own.sa_mask);
  for (int i = 0; i < 2; i++) sigaction(kSignals[i], &own, &before[i]);
  isInstalled = true;
}

/// forgetSignals(): puts the handlers of before back.
void forgetSignals(Call&) {
  if (!isInstalled) return;
  for (int i = 0; i < 2; i++) sigaction(kSignals[i], &before[i], nullptr);
  isInstalled = false;
}

}  // namespace tandem::functions

#endif
