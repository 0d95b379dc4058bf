#include "core/live/tls.hpp"

#include <openssl/bio.h>
#include <openssl/evp.h>
#include <openssl/pem.h>
#include <openssl/ssl.h>
#include <openssl/x509v3.h>

#include <boost/asio/buffer.hpp>
#include <boost/asio/ip/address.hpp>
#include <memory>

#include "core/check.hpp"
#include "core/config_table.hpp"

namespace stampede {
namespace {

bool is_address(const std::string& host) {
  boost::system::error_code not_an_address;
  boost::asio::ip::make_address(host, not_an_address);
  return !not_an_address;
}

template <class Write>
std::string pem_of(Write write) {
  const std::unique_ptr<BIO, decltype(&BIO_free)> out(BIO_new(BIO_s_mem()), &BIO_free);
  STAMPEDE_CHECK(out && write(out.get()) == 1);
  char* text = nullptr;
  const long size = BIO_get_mem_data(out.get(), &text);
  return {text, static_cast<std::size_t>(size)};
}

void add_extension(X509* to, int kind, const std::string& value) {
  X509V3_CTX with{};
  X509V3_set_ctx(&with, to, to, nullptr, nullptr, 0);
  X509_EXTENSION* const extension = X509V3_EXT_conf_nid(nullptr, &with, kind, value.c_str());
  STAMPEDE_CHECK(extension && X509_add_ext(to, extension, -1) == 1);
  X509_EXTENSION_free(extension);
}

}  // namespace

boost::asio::ssl::context client_tls_context(const std::string& ca_file) {
  boost::asio::ssl::context context(boost::asio::ssl::context::tls_client);
  context.set_default_verify_paths();
  boost::system::error_code error;
  if (!ca_file.empty()) context.load_verify_file(ca_file, error);
  if (error)
    throw config_error({std::make_shared<const std::string>(ca_file), 0, 0},
                       "no certificate can be read from this file");
  context.set_verify_mode(boost::asio::ssl::verify_peer);
  SSL_CTX_set_min_proto_version(context.native_handle(), TLS1_2_VERSION);
  return context;
}

void expect_host(SSL* handle, const std::string& host) {
  X509_VERIFY_PARAM* verify = SSL_get0_param(handle);
  if (is_address(host)) {
    X509_VERIFY_PARAM_set1_ip_asc(verify, host.c_str());
    return;
  }
  SSL_ctrl(handle, SSL_CTRL_SET_TLSEXT_HOSTNAME, TLSEXT_NAMETYPE_host_name,
           const_cast<char*>(host.c_str()));
  SSL_set1_host(handle, host.c_str());
}

certificate make_certificate(const std::string& host) {
  const std::unique_ptr<EVP_PKEY, decltype(&EVP_PKEY_free)> key(EVP_EC_gen("P-256"),
                                                                &EVP_PKEY_free);
  const std::unique_ptr<X509, decltype(&X509_free)> made(X509_new(), &X509_free);
  STAMPEDE_CHECK(key && made);
  X509* const x = made.get();
  X509_set_version(x, X509_VERSION_3);
  ASN1_INTEGER_set(X509_get_serialNumber(x), 1);
  X509_gmtime_adj(X509_getm_notBefore(x), -60L * 60);
  X509_gmtime_adj(X509_getm_notAfter(x), 365L * 24 * 60 * 60);
  X509_set_pubkey(x, key.get());
  const std::string name = "stampede mock";
  X509_NAME* const subject = X509_get_subject_name(x);
  X509_NAME_add_entry_by_txt(subject, "CN", MBSTRING_ASC,
                             reinterpret_cast<const unsigned char*>(name.c_str()), -1, -1, 0);
  X509_set_issuer_name(x, subject);
  std::string names = "DNS:localhost,IP:127.0.0.1,IP:::1";
  if (host != "127.0.0.1" && host != "::1" && host != "localhost") {
    names += (is_address(host) ? ",IP:" : ",DNS:") + host;
  }
  add_extension(x, NID_basic_constraints, "critical,CA:TRUE");
  add_extension(x, NID_subject_alt_name, names);
  STAMPEDE_CHECK(X509_sign(x, key.get(), EVP_sha256()) > 0);
  return {pem_of([&](BIO* out) { return PEM_write_bio_X509(out, x); }), pem_of([&](BIO* out) {
            return PEM_write_bio_PrivateKey(out, key.get(), nullptr, nullptr, 0, nullptr, nullptr);
          })};
}

boost::asio::ssl::context server_tls_context(const certificate& own) {
  boost::asio::ssl::context with(boost::asio::ssl::context::tls_server);
  SSL_CTX_set_min_proto_version(with.native_handle(), TLS1_2_VERSION);
  with.use_certificate_chain(boost::asio::buffer(own.chain));
  with.use_private_key(boost::asio::buffer(own.key), boost::asio::ssl::context::pem);
  return with;
}

}  // namespace stampede
