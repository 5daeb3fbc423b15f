// HTTPS and WSS, with certificates made on the spot and OpenSSL as the client.
#include <openssl/ssl.h>
#include <openssl/x509.h>
#include <openssl/x509v3.h>

#include <filesystem>

#include "tests/server/running_server.hpp"

namespace troupe::http::test {
namespace {

/// A key and a self-signed certificate as PEM files in a folder of their own.
class Certificate {
 public:
  Certificate() {
    std::string pattern = (std::filesystem::temp_directory_path() / "troupe_tls_XXXXXX").string();
    folder_ = ::mkdtemp(pattern.data());
    EVP_PKEY* key = EVP_EC_gen("P-256");
    X509* certificate = X509_new();
    X509_gmtime_adj(X509_getm_notBefore(certificate), 0);
    X509_gmtime_adj(X509_getm_notAfter(certificate), 3600);
    X509_set_pubkey(certificate, key);
    X509_NAME_add_entry_by_txt(X509_get_subject_name(certificate), "CN", MBSTRING_ASC,
                               reinterpret_cast<const unsigned char*>("localhost"), -1, -1, 0);
    X509_set_issuer_name(certificate, X509_get_subject_name(certificate));
    X509_sign(certificate, key, EVP_sha256());
    FILE* file = std::fopen(files().key.c_str(), "w");
    PEM_write_PrivateKey(file, key, nullptr, nullptr, 0, nullptr, nullptr);
    std::fclose(file);
    file = std::fopen(files().certificate.c_str(), "w");
    PEM_write_X509(file, certificate);
    std::fclose(file);
    X509_free(certificate);
    EVP_PKEY_free(key);
  }
  ~Certificate() { std::filesystem::remove_all(folder_); }
  TlsFiles files() const { return {folder_ + "/certificate.pem", folder_ + "/key.pem"}; }

 private:
  std::string folder_;
};

class TlsClient {
 public:
  explicit TlsClient(std::uint16_t port, int max_version = TLS1_3_VERSION) : client_(port) {
    context_ = SSL_CTX_new(TLS_client_method());
    SSL_CTX_set_max_proto_version(context_, max_version);
    SSL_CTX_set_security_level(context_, 0);
    ssl_ = SSL_new(context_);
    SSL_set_fd(ssl_, client_.fd());
    connected_ = SSL_connect(ssl_) == 1;
  }
  ~TlsClient() {
    SSL_free(ssl_);
    SSL_CTX_free(context_);
  }
  bool connected() const { return connected_; }
  bool send(std::string_view bytes) {
    std::size_t written = 0;
    return SSL_write_ex(ssl_, bytes.data(), bytes.size(), &written) == 1;
  }
  std::string receive(std::size_t bytes) {
    std::string all(bytes, '\0');
    std::size_t have = 0;
    std::size_t got = 0;
    while (have < bytes && SSL_read_ex(ssl_, all.data() + have, bytes - have, &got) == 1) have += got;
    all.resize(have);
    return all;
  }
  std::string receive_until(std::string_view end) {
    std::string all;
    while (!all.ends_with(end)) {
      const std::string one = receive(1);
      if (one.empty()) break;
      all += one;
    }
    return all;
  }
  bool ended_properly() {
    char byte = 0;
    return SSL_read(ssl_, &byte, 1) == 0 && SSL_get_error(ssl_, 0) == SSL_ERROR_ZERO_RETURN;
  }

 private:
  RawClient client_;
  SSL_CTX* context_ = nullptr;
  SSL* ssl_ = nullptr;
  bool connected_ = false;
};

struct Echoing : WebSocketListener {
  void opened(std::shared_ptr<WebSocket> opened_socket) override { socket = std::move(opened_socket); }
  void message(std::string_view payload, bool) override { socket->send_text(payload); }
  void closed(std::uint16_t) override { socket.reset(); }
  std::shared_ptr<WebSocket> socket;
};

class TlsTest : public testing::Test {
 protected:
  TlsTest() : server_({.max_body_bytes = 100'000, .read_request_timeout = 300ms}) {
    Application application{
        .request =
            [](Request request, Reply reply) {
              const bool tls = request.tls;
              tls ? echo(std::move(request), std::move(reply)) : reply({.body = "not TLS"});
            },
        .upgrade = [](Request, std::unique_ptr<Upgrade> upgrade) { upgrade->accept(std::make_shared<Echoing>(), {}); }};
    const auto port = server_.listen({.tls = certificate_.files(), .application = std::move(application)});
    EXPECT_TRUE(port) << (port ? "" : port.error().message);
    port_ = port.value_or(0);
    thread_ = std::thread([this] { server_.run(); });
  }
  ~TlsTest() override {
    server_.stop(0ms);
    thread_.join();
  }

  Certificate certificate_;
  Server server_;
  std::uint16_t port_ = 0;
  std::thread thread_;
};

TEST_F(TlsTest, ServesHttps) {
  TlsClient client(port_);
  ASSERT_TRUE(client.connected());
  for (int i = 0; i < 3; ++i) {
    client.send(post("/tls", "secret"));
    EXPECT_NE(client.receive_until("|secret").find("HTTP/1.1 200"), std::string::npos);
  }
  client.send(get("/", "Connection: close\r\n"));
  client.receive_until("GET /|");
  EXPECT_TRUE(client.ended_properly());
}

TEST_F(TlsTest, CarriesLargeBodiesAndRefusesTooLargeOnes) {
  TlsClient client(port_);
  client.send(post("/", std::string(90'000, 'b') + "!"));
  EXPECT_GT(client.receive_until("!").size(), 90'000u);
  client.send(post("/", std::string(100'001, 'b')));
  EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 413"));
}

TEST_F(TlsTest, ContinuesAnExpectation) {
  TlsClient client(port_);
  client.send("POST /e HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nExpect: 100-continue\r\n\r\n");
  EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 100"));
  client.send("!");
  EXPECT_TRUE(client.receive_until("|!").starts_with("HTTP/1.1 200"));
}

TEST_F(TlsTest, SpeaksWebSocket) {
  TlsClient client(port_);
  client.send(get("/",
                  "Connection: Upgrade\r\nUpgrade: websocket\r\nSec-WebSocket-Version: 13\r\n"
                  "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n"));
  EXPECT_TRUE(client.receive_until("\r\n\r\n").starts_with("HTTP/1.1 101"));
  client.send(std::string("\x81\x82\0\0\0\0hi", 8));
  EXPECT_EQ(client.receive(4), "\x81\x02hi");
  client.send(std::string("\x88\x82\0\0\0\0\x03\xE8", 8));
  EXPECT_EQ(client.receive(4), "\x88\x02\x03\xE8");
  EXPECT_TRUE(client.ended_properly());
}

TEST_F(TlsTest, RefusesOldVersionsAndPlainTextAndSlowHandshakes) {
  EXPECT_TRUE(TlsClient(port_, TLS1_2_VERSION).connected());
  EXPECT_FALSE(TlsClient(port_, TLS1_1_VERSION).connected());
  RawClient plain(port_);
  plain.send(get("/"));
  EXPECT_TRUE(plain.ends());
  RawClient silent(port_);
  EXPECT_TRUE(silent.ends(2000ms));
  EXPECT_TRUE(eventually([&] { return server_.metrics().connections == 0; }));
}

TEST(TlsFiles, ThatDoNotWorkAreNamed) {
  const Certificate good;
  const Certificate other;
  const auto error = [](TlsFiles files) {
    Server server;
    const auto port = server.listen({.tls = std::move(files), .application = {.request = echo}});
    return port ? Error{.message = "no error"} : port.error();
  };
  const auto missing = error({"/nowhere/certificate.pem", good.files().key});
  EXPECT_EQ(missing.code, Errc::invalid);
  EXPECT_NE(missing.message.find("/nowhere/certificate.pem"), std::string::npos) << missing.message;
  const auto no_key = error({good.files().certificate, "/nowhere/key.pem"});
  EXPECT_NE(no_key.message.find("/nowhere/key.pem"), std::string::npos) << no_key.message;
  const auto mismatch = error({good.files().certificate, other.files().key});
  EXPECT_NE(mismatch.message.find("mismatch"), std::string::npos) << mismatch.message;
  const auto swapped = error({good.files().key, good.files().certificate});
  EXPECT_EQ(swapped.code, Errc::invalid);
}

}  // namespace
}  // namespace troupe::http::test
