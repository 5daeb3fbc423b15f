// The peer of all HTTP figures: RESTinio alone, one thread, answering "hello". `bench_hello PORT`
// clang-format off: Boost 1.74 uses std::exchange without including it
#include <utility>
// clang-format on

#include <cstdlib>
#include <restinio/all.hpp>

int main(int argc, char** argv) {
  const auto port = static_cast<std::uint16_t>(argc > 1 ? std::atoi(argv[1]) : 8100);
  restinio::run(restinio::on_this_thread<restinio::default_single_thread_traits_t>()
                    .port(port)
                    .address("127.0.0.1")
                    .request_handler([](const restinio::request_handle_t& request) {
                      return request->create_response()
                          .append_header(restinio::http_field::content_type, "application/json")
                          .set_body(R"({"hello":"world"})")
                          .done();
                    }));
}
