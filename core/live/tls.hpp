// TLS set-up. For clients: certificates are verified against the system's authorities (or
// those of SSL_CERT_FILE and SSL_CERT_DIR, as OpenSSL has it), and so is the host's name. For
// servers: a certificate that was given, or one made on the spot and signed by itself.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <string>

namespace stampede {

// A context that verifies peers; `ca_file` adds authorities of one PEM file where not empty.
// Throws config_error where none can be read from it.
boost::asio::ssl::context client_tls_context(const std::string& ca_file = "");

// Prepares one connection for `host`: server name indication and name verification.
// The handle is that of the stream before its handshake.
void expect_host(SSL* handle, const std::string& host);

// In PEM.
struct certificate {
  std::string chain;
  std::string key;
};

// For the names and addresses of this machine's loopback and for `host`, valid for a year.
certificate make_certificate(const std::string& host);

// Throws boost::system::system_error where the texts are no certificate and its key.
boost::asio::ssl::context server_tls_context(const certificate& own);

}  // namespace stampede
