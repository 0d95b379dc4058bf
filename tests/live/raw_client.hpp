// A client made of a blocking socket, for tests that look at the wire itself.
//
// Use: raw_client c(port); c.send("GET / HTTP/1.1\r\n\r\n"); c.until("\r\n\r\n");
#pragma once

#include <arpa/inet.h>
#include <gtest/gtest.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <string>
#include <utility>

namespace stampede::testing {

// A blocking client socket with a deadline of five seconds a read.
class raw_client {
 public:
  explicit raw_client(unsigned short port) : fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) {
      ADD_FAILURE() << "no connection";
    }
  }
  ~raw_client() { ::close(fd_); }
  raw_client(const raw_client&) = delete;
  raw_client& operator=(const raw_client&) = delete;

  void send(const std::string& bytes) {
    ASSERT_EQ(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL),
              static_cast<ssize_t>(bytes.size()));
  }
  // Where the server may have closed already.
  void send_if_open(const std::string& bytes) {
    static_cast<void>(::send(fd_, bytes.data(), bytes.size(), MSG_NOSIGNAL));
  }
  // Leaves no connection behind that waits: for tests of very many.
  void reset_on_close() {
    const linger now{1, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_LINGER, &now, sizeof now);
  }
  void half_close() { ::shutdown(fd_, SHUT_WR); }

  // What comes within that time, in one read.
  std::string within(std::chrono::milliseconds patience) {
    return read_before(static_cast<int>(patience.count()));
  }

  // One read: the bytes, or "" at the end, with the reason in `error`.
  std::string some() { return read_before(5000); }

  std::string until(const std::string& text) {
    while (read_.find(text) == std::string::npos) {
      const std::string more = some();
      if (more.empty()) break;
      read_ += more;
    }
    const std::size_t at = read_.find(text);
    const std::size_t size = at == std::string::npos ? read_.size() : at + text.size();
    const std::string taken = read_.substr(0, size);
    read_.erase(0, size);
    return taken;
  }

  std::string to_the_end() {
    std::string all = std::exchange(read_, {});
    for (std::string more = some(); !more.empty(); more = some()) all += more;
    return all;
  }

  std::string exactly(std::size_t size) {
    while (read_.size() < size) {
      const std::string more = some();
      if (more.empty()) break;
      read_ += more;
    }
    const std::string taken = read_.substr(0, size);
    read_.erase(0, taken.size());
    return taken;
  }

  int error = 0;

 private:
  std::string read_before(int milliseconds) {
    pollfd wait{fd_, POLLIN, 0};
    if (::poll(&wait, 1, milliseconds) != 1) {
      error = ETIMEDOUT;
      return "";
    }
    std::string bytes(65536, '\0');
    const ssize_t got = ::recv(fd_, bytes.data(), bytes.size(), 0);
    error = got < 0 ? errno : 0;
    bytes.resize(got > 0 ? static_cast<std::size_t>(got) : 0);
    return bytes;
  }

  int fd_;
  std::string read_;
};

}  // namespace stampede::testing
