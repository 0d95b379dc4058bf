// A blocking TLS client made of OpenSSL alone, for tests that look at the wire.
//
// Use: tls_client c(port, certificate_pem); c.send("GET / ..."); c.until("\r\n\r\n");
#pragma once

#include <arpa/inet.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

#include <array>
#include <string>
#include <utility>

namespace stampede::testing {

class tls_client {
 public:
  tls_client(unsigned short port, const std::string& trusted)
      : with_(SSL_CTX_new(TLS_client_method())), fd_(::socket(AF_INET, SOCK_STREAM, 0)) {
    BIO* const text = BIO_new_mem_buf(trusted.data(), static_cast<int>(trusted.size()));
    X509* const one = PEM_read_bio_X509(text, nullptr, nullptr, nullptr);
    X509_STORE_add_cert(SSL_CTX_get_cert_store(with_), one);
    X509_free(one);
    BIO_free(text);
    SSL_CTX_set_verify(with_, SSL_VERIFY_PEER, nullptr);
    const timeval patience{5, 0};
    ::setsockopt(fd_, SOL_SOCKET, SO_RCVTIMEO, &patience, sizeof patience);
    sockaddr_in where{};
    where.sin_family = AF_INET;
    where.sin_port = htons(port);
    where.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
    if (::connect(fd_, reinterpret_cast<const sockaddr*>(&where), sizeof where) != 0) {
      error = "no connection";
      return;
    }
    ssl_ = SSL_new(with_);
    X509_VERIFY_PARAM_set1_ip_asc(SSL_get0_param(ssl_), "127.0.0.1");
    SSL_set_fd(ssl_, fd_);
    if (SSL_connect(ssl_) != 1) error = "no handshake";
  }
  ~tls_client() {
    SSL_free(ssl_);
    SSL_CTX_free(with_);
    ::close(fd_);
  }
  tls_client(const tls_client&) = delete;
  tls_client& operator=(const tls_client&) = delete;

  void send(const std::string& bytes) {
    if (SSL_write(ssl_, bytes.data(), static_cast<int>(bytes.size())) <= 0) error = "not sent";
  }

  std::string some() {
    std::array<char, 16384> bytes;
    const int got = SSL_read(ssl_, bytes.data(), static_cast<int>(bytes.size()));
    if (got > 0) return {bytes.data(), static_cast<std::size_t>(got)};
    saw_goodbye = SSL_get_error(ssl_, got) == SSL_ERROR_ZERO_RETURN;
    return "";
  }

  std::string until(const std::string& text) {
    while (read_.find(text) == std::string::npos) {
      const std::string more = some();
      if (more.empty()) return std::exchange(read_, {});
      read_ += more;
    }
    return exactly(read_.find(text) + text.size());
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

  std::string to_the_end() {
    std::string all = std::exchange(read_, {});
    for (std::string more = some(); !more.empty(); more = some()) all += more;
    return all;
  }

  std::string error;
  bool saw_goodbye = false;  // close_notify, not a bare end

 private:
  SSL_CTX* with_;
  int fd_;
  SSL* ssl_ = nullptr;
  std::string read_;
};

}  // namespace stampede::testing
