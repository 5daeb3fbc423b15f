#include "actors/mail.hpp"

#include <curl/curl.h>

#include <cstring>
#include <fstream>
#include <memory>

#include "actors/secrets.hpp"

namespace troupe::actors {
namespace {

/// Stands in the names of an account's mails.
std::string mark_of(events::AccountId account) { return "-account" + std::to_string(account) + "-"; }

Expected<void> write_to_outbox(const std::filesystem::path& outbox, const Mail& mail, const std::string& text,
                               Micros now) {
  std::error_code error;
  std::filesystem::create_directories(outbox, error);
  std::filesystem::permissions(outbox, std::filesystem::perms::owner_all, error);
  const auto file = outbox / (std::to_string(now) + mark_of(mail.account) + random_hex(8) + ".eml");
  const auto unfinished = std::filesystem::path(file).replace_extension(".part");
  {
    std::ofstream out(unfinished, std::ios::binary);
    if (!(out << text << std::flush))
      return fail(Errc::storage_failed, "cannot write to the outbox " + outbox.string());
  }
  std::filesystem::rename(unfinished, file, error);  // a reader of the folder never sees half a mail
  if (error) return fail(Errc::storage_failed, "cannot write to the outbox " + outbox.string());
  return {};
}

struct Upload {
  const std::string& text;
  std::size_t sent = 0;
};

std::size_t read_upload(char* buffer, std::size_t size, std::size_t count, void* context) {
  auto& upload = *static_cast<Upload*>(context);
  const std::size_t chunk = std::min(size * count, upload.text.size() - upload.sent);
  std::memcpy(buffer, upload.text.data() + upload.sent, chunk);
  upload.sent += chunk;
  return chunk;
}

/// Called by curl at least once a second; anything but 0 ends the transfer.
int ends_transfer(void* stop, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  return *static_cast<const std::atomic<bool>*>(stop) ? 1 : 0;
}

Expected<void> send_by_smtp(const MailOptions& options, const std::string& to, const std::string& text,
                            const std::atomic<bool>& stop) {
  const std::unique_ptr<CURL, decltype(&curl_easy_cleanup)> curl(curl_easy_init(), curl_easy_cleanup);
  if (!curl) return fail(Errc::overloaded, "cannot start a mail transfer");
  const std::unique_ptr<curl_slist, decltype(&curl_slist_free_all)> recipients(
      curl_slist_append(nullptr, ("<" + to + ">").c_str()), curl_slist_free_all);
  Upload upload{text};
  curl_easy_setopt(curl.get(), CURLOPT_URL, options.smtp_url.c_str());
  curl_easy_setopt(curl.get(), CURLOPT_PROTOCOLS_STR, "smtp,smtps");
  // A password never goes in clear; a token does only where the server has no TLS to offer.
  curl_easy_setopt(curl.get(), CURLOPT_USE_SSL,
                   static_cast<long>(options.smtp_user.empty() ? CURLUSESSL_TRY : CURLUSESSL_ALL));
  if (!options.smtp_user.empty()) {
    curl_easy_setopt(curl.get(), CURLOPT_USERNAME, options.smtp_user.c_str());
    curl_easy_setopt(curl.get(), CURLOPT_PASSWORD, options.smtp_password.c_str());
  }
  curl_easy_setopt(curl.get(), CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFOFUNCTION, ends_transfer);
  curl_easy_setopt(curl.get(), CURLOPT_XFERINFODATA, &stop);
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_FROM, ("<" + options.from + ">").c_str());
  curl_easy_setopt(curl.get(), CURLOPT_MAIL_RCPT, recipients.get());
  curl_easy_setopt(curl.get(), CURLOPT_UPLOAD, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_READFUNCTION, read_upload);
  curl_easy_setopt(curl.get(), CURLOPT_READDATA, &upload);
  curl_easy_setopt(curl.get(), CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl.get(), CURLOPT_TIMEOUT_MS, static_cast<long>(options.timeout.count()));
  const CURLcode code = curl_easy_perform(curl.get());
  if (code == CURLE_OK) return {};
  return fail(code == CURLE_OPERATION_TIMEDOUT ? Errc::timed_out : Errc::invalid,
              std::string("mail was not sent: ") + curl_easy_strerror(code));
}

}  // namespace

std::string to_rfc5322(const Mail& mail, const std::string& from, Micros now) {
  std::string body;
  for (const char c : mail.text) body += c == '\n' ? "\r\n" : std::string(1, c);
  std::string date = http_date(now);
  date.replace(date.size() - 3, 3, "+0000");
  return "Date: " + date + "\r\nFrom: <" + from + ">\r\nTo: <" + mail.to + ">\r\nMessage-ID: <" + random_hex(24) +
         "@troupe>\r\nSubject: " + mail.subject +
         "\r\nMIME-Version: 1.0\r\nContent-Type: text/plain; charset=utf-8\r\n\r\n" + body;
}

Mail reset_mail(const std::string& to, const std::string& token, const std::string& link, events::AccountId account) {
  std::string text =
      "Someone asked to reset the password of the account with this e-mail address.\n"
      "If it was you, use this token within one hour; if not, ignore this mail.\n\n"
      "Token: " +
      token + "\n";
  if (const auto at = link.find("{token}"); at != std::string::npos)
    text += "Link: " + std::string(link).replace(at, std::strlen("{token}"), token) + "\n";
  return {to, "Reset your password", text, account};
}

Expected<void> send_mail(const MailOptions& options, const Mail& mail, Micros now, const std::atomic<bool>& stop) {
  const std::string text = to_rfc5322(mail, options.from, now);
  return options.smtp_url.empty() ? write_to_outbox(options.outbox, mail, text, now)
                                  : send_by_smtp(options, mail.to, text, stop);
}

Expected<void> remove_mails_of(events::AccountId account, const MailOptions& options) {
  std::error_code error;
  if (!std::filesystem::exists(options.outbox, error)) return {};
  std::filesystem::directory_iterator files(options.outbox, error);
  for (; !error && files != std::filesystem::directory_iterator(); files.increment(error))
    if (files->path().filename().string().find(mark_of(account)) != std::string::npos)
      std::filesystem::remove(files->path(), error);
  if (error) return fail(Errc::storage_failed, "cannot clear the outbox: " + error.message());
  return {};
}

}  // namespace troupe::actors
