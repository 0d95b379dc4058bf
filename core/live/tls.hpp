// TLS set-up for clients: certificates are verified against the system's authorities (or
// those of SSL_CERT_FILE and SSL_CERT_DIR, as OpenSSL has it), and so is the host's name.
#pragma once

#include <boost/asio/ssl/context.hpp>
#include <boost/asio/ssl/stream.hpp>
#include <string>

namespace stampede {

// A context that verifies peers; `ca_file` adds authorities of one PEM file where not empty.
// Throws boost::system::system_error when that file cannot be read.
boost::asio::ssl::context client_tls_context(const std::string& ca_file = "");

// Prepares one connection for `host`: server name indication and name verification.
// The handle is that of the stream before its handshake.
void expect_host(SSL* handle, const std::string& host);

}  // namespace stampede
