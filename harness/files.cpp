#include "harness/files.hpp"

#include <fcntl.h>
#include <unistd.h>

#include <cerrno>
#include <string>
#include <system_error>

namespace stampede {
namespace {

[[noreturn]] void fail(const std::filesystem::path& path) {
  throw std::system_error(errno, std::generic_category(), "cannot write " + path.string());
}

// Where a chain of links ends, whether anything is there or not.
std::filesystem::path end_of_links(const std::filesystem::path& path) {
  constexpr int most_links = 40;  // as Linux
  std::filesystem::path end = path;
  std::error_code error;
  for (int i = 0; i < most_links; ++i) {
    if (!std::filesystem::is_symlink(end, error)) return end;
    const auto next = std::filesystem::read_symlink(end, error);
    if (error) break;
    end = end.parent_path() / next;
  }
  errno = error ? error.value() : ELOOP;
  fail(path);
}

}  // namespace

atomic_file::atomic_file(const std::filesystem::path& path) {
  std::error_code error;
  if (path.has_parent_path()) std::filesystem::create_directories(path.parent_path(), error);
  if (error) {
    errno = error.value();
    fail(path);
  }
  path_ = end_of_links(path);
  const auto there = std::filesystem::status(path, error);
  if (std::filesystem::exists(there) && !std::filesystem::is_regular_file(there)) {
    file_ = ::open(path.c_str(), O_WRONLY | O_CLOEXEC);  // a pipe or a device: never replaced
  } else {
    temporary_ = path_.string() + "." + std::to_string(::getpid()) + ".tmp";
    file_ = ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
  }
  if (file_ < 0) fail(path);
}

atomic_file::~atomic_file() {
  if (file_ < 0) return;
  ::close(file_);
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
}

void atomic_file::give_up() {
  const int reason = errno;
  if (file_ >= 0) ::close(file_);
  file_ = -1;
  if (!temporary_.empty()) ::unlink(temporary_.c_str());
  errno = reason;
  fail(path_);
}

void atomic_file::write(std::string_view text) {
  while (!text.empty()) {
    const ssize_t n = ::write(file_, text.data(), text.size());
    if (n < 0 && errno == EINTR) continue;
    if (n < 0) give_up();
    text.remove_prefix(static_cast<std::size_t>(n));
  }
}

void atomic_file::keep() {
  const int file = file_;
  file_ = -1;
  if (::close(file) != 0) give_up();
  if (!temporary_.empty() && ::rename(temporary_.c_str(), path_.c_str()) != 0) give_up();
}

void write_file_atomically(const std::filesystem::path& path, std::string_view text) {
  atomic_file file(path);
  file.write(text);
  file.keep();
}

void prepare_folder(const std::filesystem::path& folder) {
  std::error_code error;
  std::filesystem::create_directories(folder, error);
  if (!error && ::access(folder.c_str(), W_OK | X_OK) == 0) return;
  if (error) errno = error.value();
  fail(folder);
}

}  // namespace stampede
