// The limits that clients and operators meet, the time-outs and the tunables, with the unit in the name or the type and
// the reason beside each that needs one. `troupe serve --help` shows which of them an operator may change.
#pragma once

#include <chrono>
#include <cstddef>
#include <cstdint>

namespace troupe::defaults {

using namespace std::chrono_literals;

// JSON

/// Arrays and objects within each other. No dialect needs ten; writing and destroying a value recurse that deep.
inline constexpr std::size_t kMaxJsonDepth = 64;

// Journal

/// Appends waiting for the writer. Past it: Errc::overloaded (503). Enough for 8 full batches of one-event appends.
inline constexpr std::size_t kMaxQueuedAppends = 4096;
/// Bytes of appends waiting for the writer, so that large events cannot hold gigabytes.
inline constexpr std::size_t kMaxQueuedAppendBytes = std::size_t{64} << 20;
/// Events in one batch: measured, 512 gives nearly all the throughput at a few milliseconds; 4096 only adds latency.
inline constexpr std::size_t kMaxBatchEvents = 512;
/// Stream versions the writer remembers; a miss costs one index seek. About 8 MB.
inline constexpr std::size_t kMaxRememberedStreams = 65536;
/// How long an idempotency key is remembered. A client that retries later than a day is a new request.
inline constexpr auto kIdempotencyWindow = 24h;
/// Events of one append. A request makes at most kMaxLogsPerRequest; a larger append holds up those behind it.
inline constexpr std::size_t kMaxAppendEvents = 20'000;
/// One append, encoded, with its rows: four request bodies. It is one RocksDB value and is read back whole.
inline constexpr std::size_t kMaxAppendBytes = std::size_t{16} << 20;
/// A stream's name is part of two index keys of every record in it.
inline constexpr std::size_t kMaxStreamNameBytes = 512;
/// Keys of rows, claims and idempotency. RocksDB compares them all the time; the longest real one is a URL.
inline constexpr std::size_t kMaxStorageKeyBytes = 8192;
/// Nesting of a row that is patched: its own map, what a client sent as a field of it, and one level to spare. Without
/// a limit a request would choose how much stack a merge needs.
inline constexpr std::size_t kMaxRowDepth = kMaxJsonDepth + 2;
/// Snapshots waiting for a batch to ride with, by number and by bytes. Past it the new one is dropped: it is a cache.
inline constexpr std::size_t kMaxPendingSnapshots = 1024;
inline constexpr std::size_t kMaxPendingSnapshotBytes = std::size_t{32} << 20;
/// Row changes of one rebuild are written in pieces of this size: large enough to be fast, small beside a memtable.
inline constexpr std::size_t kRebuildChunkBytes = std::size_t{4} << 20;
/// Table files RocksDB keeps open. The rest of the process's descriptors belong to connections.
inline constexpr int kMaxOpenTableFiles = 512;
/// Changes to one row that a reader may have to merge from memory.
inline constexpr std::size_t kMaxMergeOperands = 16;

// Backups

/// Bytes of an archive in one frame: what is encrypted and authenticated together, and so held in memory at once.
inline constexpr std::size_t kBackupFrameBytes = std::size_t{64} << 10;
/// The head of an archive, which is read before anything proves it.
inline constexpr std::size_t kMaxBackupManifestBytes = 4096;
/// Files in one archive: the digest of each is held in memory, at some 150 bytes.
inline constexpr std::size_t kMaxBackupFiles = 1'000'000;
inline constexpr std::size_t kMaxBackupPathBytes = 1024;
/// Less than this is left free by nothing that can be done without: the journal must not run out of room.
inline constexpr std::uint64_t kMinFreeDiskBytes = std::uint64_t{1} << 30;
/// An archive goes to the disk in steps of this size while it is written, or its dirty pages would delay the journal's
/// next fsync.
inline constexpr std::size_t kBackupSyncBytes = std::size_t{8} << 20;
/// Backups kept. When one more is complete, the oldest goes, so that a nightly backup needs nobody to clean up.
inline constexpr std::size_t kMaxBackups = 10;
/// Backups and verifications that wait for their worker. Past it: Errc::overloaded (503).
inline constexpr std::size_t kMaxQueuedBackupJobs = 8;

// System status

/// Samples of the processor closer together than this would measure noise.
inline constexpr auto kCpuSampleInterval = 1s;
/// Requests whose median is the response time that the status tells.
inline constexpr std::size_t kResponseTimesRemembered = 1024;
/// Failed logins that count towards the threat level: as long as an account stays locked.
inline constexpr auto kThreatWindow = 15min;
/// More than people mistype in that time; and as many as only a program tries.
inline constexpr std::size_t kMediumThreatFailures = 10;
inline constexpr std::size_t kHighThreatFailures = 100;
/// Accounts locked in that time: one may be forgetful, several are attacked.
inline constexpr std::size_t kHighThreatLocks = 5;
inline constexpr std::size_t kMaxRememberedFailedLogins = 1000;
/// Above this much of the disk or the memory in use the status is `degraded`.
inline constexpr double kTightPercent = 90;

// HTTP

/// Request target. Long enough for any real query; RESTinio's own default is none at all.
inline constexpr std::size_t kMaxUrlBytes = 8000;
inline constexpr std::size_t kMaxHeaderFields = 100;
inline constexpr std::size_t kMaxHeaderNameBytes = 256;
/// One header value: a cookie jar or a bearer token, with room.
inline constexpr std::size_t kMaxHeaderValueBytes = 8192;
/// One request body. As many log entries as it may hold (kMaxLogsPerRequest) fit with 4 KB each.
inline constexpr std::size_t kMaxBodyBytes = std::size_t{4} << 20;
/// All request bodies in flight together: each is buffered whole, so this bounds the memory of uploads.
inline constexpr std::size_t kMaxBodiesInFlightBytes = std::size_t{256} << 20;
/// Open connections on all listeners. 5,000 idle ones must be harmless; twice that is still a modest machine.
inline constexpr std::size_t kMaxConnections = 10000;
/// A request must arrive whole within this: ends slow-loris clients.
inline constexpr auto kReadRequestTimeout = 15s;
/// A body that a sink takes must arrive at this pace on top: a megabyte has a minute.
inline constexpr std::size_t kMinUploadBytesPerSecond = std::size_t{16} << 10;
/// What a large body is moved in. A multiple of what a socket takes at once, and small beside the memory that a
/// thousand of them need.
inline constexpr std::size_t kBodyPieceBytes = std::size_t{64} << 10;
/// Counted for each large body on its way in or out: the piece that fills, the one that is written, and as much again
/// for whoever parses and seals them. kMaxBodiesInFlightBytes lets in a thousand at a time.
inline constexpr std::size_t kStreamedBodyBytes = 4 * kBodyPieceBytes;
/// An idle keep-alive connection.
inline constexpr auto kKeepAliveTimeout = 60s;
/// A client must take a response within this, and a large one at this pace on top: a megabyte has a minute.
inline constexpr auto kWriteResponseTimeout = 30s;
inline constexpr std::size_t kMinResponseBytesPerSecond = std::size_t{32} << 10;
/// All response bodies that clients have not taken yet: with this full of slow readers, others still get small answers.
inline constexpr std::size_t kMaxResponsesInFlightBytes = std::size_t{256} << 20;
/// Bytes of a streamed answer that wait until its client has taken those before; past it the client is dropped. As much
/// again may be on its way to the socket.
inline constexpr std::size_t kMaxStreamQueueBytes = std::size_t{1} << 20;
/// What a client that was refused for load is told to wait.
inline constexpr const char* kRetryAfterSeconds = "1";
/// A handler must answer within this; above the longest answer of a model (kModelRequestTimeout).
inline constexpr auto kHandleRequestTimeout = 11min;
/// A body or WebSocket message up to this is taken even when the sum of all in flight is full, so that large uploads
/// shut nobody out. With kMaxConnections it adds at most 160 MB. Also: smaller response bodies go out in one piece.
inline constexpr std::size_t kSmallBodyBytes = std::size_t{16} << 10;
/// Read from a socket at a time: most requests in one read, and 20 MB for 5,000 idle connections.
inline constexpr std::size_t kReadBufferBytes = 4096;
/// After our last bytes, what the client still sends is read away for this long and this much, so that it sees them.
inline constexpr auto kLingerTimeout = 2s;
inline constexpr std::size_t kMaxLingerBytes = std::size_t{32} << 20;
/// Connections in that state; past it they are reset.
inline constexpr std::size_t kMaxLingering = 1000;
/// When the process is out of file descriptors, accepting pauses for this long.
inline constexpr auto kAcceptRetryDelay = 100ms;
/// How often a stopping server looks whether everything has ended.
inline constexpr auto kStopCheckInterval = 10ms;

// WebSocket

inline constexpr std::size_t kMaxWebSocketMessageBytes = std::size_t{1} << 20;
/// Bytes queued to one slow client before it is dropped (close code 1008): it never slows the others.
inline constexpr std::size_t kMaxWebSocketQueueBytes = std::size_t{1} << 20;
/// A silent client gets a ping after this, and is dropped after as long again.
inline constexpr auto kWebSocketIdleTimeout = 30s;
inline constexpr auto kWebSocketCloseTimeout = 5s;
/// Read and write buffers larger than this are given back when they are empty.
inline constexpr std::size_t kMaxIdleBufferBytes = 16384;
/// Shorter messages are not worth compressing (permessage-deflate).
inline constexpr std::size_t kMinCompressedBytes = 1024;

// Socket.IO: the reference server's numbers

inline constexpr auto kPingInterval = 25s;
inline constexpr auto kPingTimeout = 20s;
inline constexpr std::size_t kMaxPayloadBytes = 1'000'000;
inline constexpr auto kUpgradeTimeout = 10s;
inline constexpr auto kConnectTimeout = 45s;
inline constexpr std::size_t kMaxAttachments = 10;
/// The attachments of one event together: four times what one HTTP body may bring.
inline constexpr std::size_t kMaxAttachmentBytes = std::size_t{4} << 20;
/// Attachments of all clients that wait for the rest of their event.
inline constexpr std::size_t kMaxPendingAttachmentBytes = std::size_t{64} << 20;
/// Packets held for one client between two polls, and packets in one body.
inline constexpr std::size_t kMaxQueuedPackets = 10000;
/// Bytes held for one client between two polls; the same as behind a slow WebSocket.
inline constexpr std::size_t kMaxQueuedPacketBytes = kMaxWebSocketQueueBytes;
/// Engine.IO sessions: a poller holds no connection, so the limit on connections does not cover them.
inline constexpr std::size_t kMaxEngineSessions = kMaxConnections;
/// Kept as long as the session: the line and headers of the request that opened it. Also the most that the auth
/// payload of a CONNECT may have. Real ones have about one kilobyte.
inline constexpr std::size_t kMaxHandshakeBytes = 16384;
/// How long a close waits for the poll that fetches it.
inline constexpr auto kCloseLinger = 30s;
/// Echoed in the answer to a CONNECT.
inline constexpr std::size_t kMaxNamespaceBytes = 256;
inline constexpr std::size_t kMaxRoomsPerSocket = 1000;
/// Events sent to one client whose acknowledgement is awaited.
inline constexpr std::size_t kMaxPendingAcks = 1000;
/// How long a lost client's place is kept for connection-state recovery.
inline constexpr auto kRecoveryWindow = 120s;
/// Events kept for recovery, for all clients together.
inline constexpr std::size_t kMaxRecoveryEvents = 10000;
inline constexpr std::size_t kMaxRecoveryBytes = std::size_t{16} << 20;
/// Lost clients whose place is kept; past it the one lost first is forgotten.
inline constexpr std::size_t kMaxRecoverableSockets = kMaxConnections;

// Accounts

inline constexpr std::size_t kMinPasswordLength = 8;
/// Characters. Argon2id takes any length; a limit keeps a request from being a megabyte of password.
inline constexpr std::size_t kMaxPasswordLength = 1024;
inline constexpr std::size_t kMaxUsernameLength = 64;
/// RFC 5321, section 4.5.3.1.3: a path of 256 octets with its two angle brackets.
inline constexpr std::size_t kMaxEmailLength = 254;
/// Full name, phone, birthday, gender.
inline constexpr std::size_t kMaxProfileFieldLength = 200;
inline constexpr auto kLoginLifetime = 7 * 24h;
/// A login that is refreshed lives anew for as long as it was given at first; this is the longest of that.
inline constexpr auto kLongestLoginLifetime = 30 * 24h;
/// A signed access token; while its login lives, a refresh token gets the next one.
inline constexpr auto kAccessTokenLifetime = 30min;
/// A login that can be refreshed ends when it was not refreshed for so long.
inline constexpr auto kRefreshTokenLifetime = 7 * 24h;
/// Open logins of one account; the oldest ends when one more is given out.
inline constexpr std::size_t kMaxLoginsPerAccount = 50;
inline constexpr auto kPasswordResetLifetime = 1h;
/// Wrong passwords or codes of one account within the window, before it is locked. That leaves 480 guesses a day: at
/// codes of six digits, three of which are good at a time, one chance in 700.
inline constexpr std::size_t kMaxFailedLogIns = 5;
inline constexpr auto kFailedLogInWindow = 15min;
inline constexpr auto kLockOut = 15min;
/// Names that nobody has, locked in the same way; some 200 bytes each. More than the one thread that checks passwords
/// gets through within the window.
inline constexpr std::size_t kMaxUnknownNames = 100'000;
/// A person's programs and scripts, each with its own key. All are part of the account's state.
inline constexpr std::size_t kMaxApiKeysPerAccount = 50;
inline constexpr std::size_t kMaxApiKeyNameLength = 100;
/// What a client remembers for a person, as JSON text. It is part of the account's row and of each change of it.
inline constexpr std::size_t kMaxPreferencesBytes = std::size_t{16} << 10;
/// What browsers and proxies take.
inline constexpr std::size_t kMaxAvatarUrlLength = 2048;
/// A signed token. Ours have less than 1,000; a longer one is refused before it is taken apart.
inline constexpr std::size_t kMaxJwtBytes = 4096;
/// From a right password to the second proof: long enough to find the phone.
inline constexpr auto kMfaTokenLifetime = 5min;
/// Codes that stand in for a lost authenticator, each once.
inline constexpr std::size_t kBackupCodes = 10;
/// Argon2id at the first of the OWASP password storage cheat sheet's equal choices: 19 MiB, two passes, one lane.
inline constexpr std::size_t kPasswordHashMemoryBytes = std::size_t{19} << 20;
inline constexpr unsigned kPasswordHashPasses = 2;
/// Passwords waiting to be hashed, each for as long as actors/secrets.hpp says: past it a login waits too long anyway.
inline constexpr std::size_t kMaxQueuedPasswords = 64;

// Bots and commands

inline constexpr std::size_t kMaxBotNameLength = 100;
inline constexpr std::size_t kMaxBotsPerAccount = 1000;
/// Metadata and settings of a bot, payload and result of a command, metadata of one log entry or message: as JSON text.
inline constexpr std::size_t kMaxMetadataBytes = std::size_t{64} << 10;
/// What a bot syncs (friends, groups, …), as JSON text.
inline constexpr std::size_t kMaxBotDataBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxCommandTypeLength = 100;
inline constexpr std::size_t kMaxPendingCommandsPerBot = 10000;
/// A polled command that is not acknowledged in this time is offered again.
inline constexpr auto kCommandLease = 60s;
inline constexpr auto kMaxPollWait = 60s;
/// Polls waiting for a command, all bots together; each costs a request and a timer.
inline constexpr std::size_t kMaxWaitingPolls = 5000;
/// Of one bot, so that one bot cannot take them all.
inline constexpr std::size_t kMaxWaitingPollsPerBot = 50;
/// A bot that says it is online and is silent for this long went offline.
inline constexpr auto kHeartbeatWindow = 120s;

// Feeds

/// Entries in one POST of logs: ten requests of the benchmark's size.
inline constexpr std::size_t kMaxLogsPerRequest = 1000;
inline constexpr std::size_t kMaxLogTypeLength = 64;
/// Text of a log entry or a message.
inline constexpr std::size_t kMaxLogMessageBytes = std::size_t{32} << 10;
inline constexpr std::size_t kMaxIdentifierLength = 256;  ///< author and thread ids and names

// Sessions

/// Characters of one message: a page of prose; what is longer is a file. Also the limit of the dialects' own servers.
inline constexpr std::size_t kMaxMessageLength = 4000;
/// Characters of a question to a model, and of its system prompt: a chapter.
inline constexpr std::size_t kMaxQuestionLength = 32000;
inline constexpr std::size_t kMaxChannelNameLength = 100;
inline constexpr std::size_t kMaxChannelDescriptionLength = 500;
/// A session's state lists its members, at eight bytes each.
inline constexpr std::size_t kMaxChannelMembers = 10000;
inline constexpr std::size_t kMaxMentions = 100;
inline constexpr std::size_t kMaxAttachmentsPerMessage = 10;
/// Characters: the longest emoji sequences of Unicode have ten code points; a name such as `:thumbs_up:` fits too.
inline constexpr std::size_t kMaxEmojiLength = 32;
/// Every page of messages reads those of its messages: a hundred thousand rows at most.
inline constexpr std::size_t kMaxReactionsPerMessage = 1000;
/// Accounts that a list of reactions names; all are counted.
inline constexpr std::size_t kMaxReactorsShown = 100;
/// Channels that one account owns at a time.
inline constexpr std::size_t kMaxChannelsPerAccount = 1000;
/// Of one session. A person waits for one; the rest is room for programs.
inline constexpr std::size_t kMaxOpenQuestions = 8;
/// Chats of one account: with the longest list of them (kMaxListLimit a page) still quick to go through.
inline constexpr std::size_t kMaxChatsPerAccount = 100'000;
/// Messages before the question that the model is told, the newest, as long as they fit kMaxContextBytes.
inline constexpr std::size_t kMaxContextMessages = 100;
/// About 8,000 tokens of English, which every current model takes.
inline constexpr std::size_t kMaxContextBytes = 32000;
/// Of the text of one file that a model is told, and of all of them together, on top: some 4,000 and 12,000 tokens. So
/// three long files fit whole or nearly so, and no file displaces what was said. Only askers who want files pay for it.
inline constexpr std::size_t kMaxContextFileBytes = 16000;
inline constexpr std::size_t kMaxContextFilesBytes = 48000;
/// Files of a channel that the model is told without a message they are attached to, the newest.
inline constexpr std::size_t kMaxContextFiles = 100;
/// How far back a question about a channel may reach: longer than any channel is old.
inline constexpr auto kLongestTimeRange = 10 * 365 * 24h;
/// Questions that wait until what the model is told has been put together. Past it: Errc::overloaded.
inline constexpr std::size_t kMaxQueuedQuestions = 1024;
/// Characters of a chat's title: the beginning of its first message.
inline constexpr std::size_t kMaxTitleLength = 60;

// Files

/// The content of one file, and its upload with the form around it.
inline constexpr std::size_t kMaxFileBytes = std::size_t{100} << 20;
inline constexpr std::size_t kMaxUploadBytes = kMaxFileBytes + (std::size_t{1} << 20);
/// Characters: what file systems allow, where names are bytes.
inline constexpr std::size_t kMaxFileNameLength = 255;
inline constexpr std::size_t kMaxFileDescriptionLength = 1000;
inline constexpr std::size_t kMaxFilesPerAccount = 100'000;
/// Of a form (multipart/form-data): its parts, the headers of one part, and the value of a field that is no file.
inline constexpr std::size_t kMaxFormParts = 32;
inline constexpr std::size_t kMaxPartHeadBytes = 8192;
inline constexpr std::size_t kMaxFormFieldBytes = 8192;
/// Pieces of files that wait for their worker: each connection has at most one.
inline constexpr std::size_t kMaxQueuedFilePieces = kMaxConnections;
/// Complete uploads that wait until they have been looked at. Past it: Errc::overloaded.
inline constexpr std::size_t kMaxQueuedInspections = 256;
/// Threads that look at uploads, each with a file of kMaxInspectedBytes in memory and a process of its own.
inline constexpr std::size_t kInspectionThreads = 2;
/// Of a larger file only the beginning is looked at: it has a type, but neither thumbnail nor pages.
inline constexpr std::size_t kMaxInspectedBytes = std::size_t{32} << 20;
inline constexpr auto kInspectionTimeout = 20s;
/// Of the process that looks: the largest image it takes (below) decoded twice, and the libraries.
inline constexpr std::size_t kMaxInspectionMemoryBytes = std::size_t{1} << 30;
inline constexpr std::size_t kMaxInspectionAnswerBytes = std::size_t{1} << 20;
/// Known from an image's header, before anything is decoded. Cameras have 50 million; decoded that is 400 MB.
inline constexpr std::size_t kMaxImagePixels = 50'000'000;
inline constexpr std::size_t kThumbnailPixels = 200;  ///< width and height at most
/// A larger number is a lie, or nothing for people.
inline constexpr long long kMaxPdfPages = 1'000'000;
inline constexpr std::size_t kMaxPdfAuthorLength = 200;
/// Of the virus scanner: to connect, and for each step of a conversation. It scans after the last byte.
inline constexpr auto kScannerConnectTimeout = 5s;
inline constexpr auto kScannerTimeout = 60s;
/// A scanner that could not say anything is not asked for so long; then it is asked again for the files it owes.
inline constexpr auto kScannerRetryDelay = 30s;
inline constexpr std::size_t kRescansAtOnce = 100;
/// Files of an account that are deleted at once, so that they share their fsyncs.
inline constexpr std::size_t kFileDeletionsAtOnce = 256;

// The catalogue

/// Of a provider, a personality and the like. They stand in lists, paths and log lines.
inline constexpr std::size_t kMaxCatalogueNameLength = 100;
inline constexpr std::size_t kMaxDescriptionLength = 500;
/// Names of models have paths and versions in them; the longest of today have about a hundred characters.
inline constexpr std::size_t kMaxModelNameLength = 200;
inline constexpr std::size_t kMaxModelsPerProvider = 500;
inline constexpr std::size_t kMaxKeysPerProvider = 16;
inline constexpr std::size_t kMaxProviderKeyLength = 512;
inline constexpr std::size_t kMaxBaseUrlLength = 2048;
inline constexpr std::int64_t kMaxProviderPriority = 1'000'000;
/// Platforms, plugins, MCP servers: each of a kind costs a connection or a process, so 10,000 bots are a large house.
inline constexpr std::size_t kMaxCatalogueEntries = 20'000;
/// Every one of them is read again when one changes.
inline constexpr std::size_t kMaxProviders = 100;
/// A list of them is read whole: with prompts of the usual length a megabyte.
inline constexpr std::size_t kMaxPersonalities = 500;
/// A person's, a group's or a message's id on a platform: numbers and UUIDs there, and room.
inline constexpr std::size_t kMaxForeignIdLength = 128;
/// What a platform or a plugin is configured with, as JSON.
inline constexpr std::size_t kMaxEntryConfigBytes = std::size_t{64} << 10;
/// Users, groups, words and names in one list of the bots' settings, which every message from a platform is held against.
inline constexpr std::size_t kMaxSettingsListEntries = 2000;
/// What a command or a question to a bot begins with.
inline constexpr std::size_t kMaxPrefixLength = 32;
/// A reply that its platform does not take for so long has failed: nobody waits for it any more.
inline constexpr auto kReplyPatience = 5min;
/// Texts that wait for one conversation's platform. Past it a plugin says nothing more there: it is away, or too slow.
inline constexpr std::size_t kMaxUnsentOfTalk = 100;
/// Replies that are looked at in one turn of a second.
inline constexpr std::size_t kMaxUnsentAtOnce = 1000;
/// Messages from platforms that wait to be heard. Past it: Errc::overloaded, and the platform is told so where it can be.
inline constexpr std::size_t kMaxQueuedIncoming = 10'000;
/// Replies of one conversation that its platform has not taken yet: with more, nothing new is answered there.
inline constexpr std::size_t kMaxUnsentReplies = 32;
/// A conversation remembers so many times at most.
inline constexpr std::int64_t kMaxMessagesOfRateRule = 1000;
/// A program that is run, and each of its arguments.
inline constexpr std::size_t kMaxCommandLineLength = 4096;
inline constexpr std::size_t kMaxCommandArguments = 64;
/// A file of providers: kMaxProviders with long lists of models.
inline constexpr std::size_t kMaxProvidersFileBytes = std::size_t{4} << 20;

// Plugins

/// A zip as it is uploaded. Plugins are text: the largest of today's have some 200 KB of it.
inline constexpr std::size_t kMaxPackageBytes = std::size_t{1} << 20;
inline constexpr std::size_t kMaxPackageFiles = 100;
/// One file is compiled in one go, in up to the square of its size: some half a second for the worst of this.
inline constexpr std::size_t kMaxPackageFileBytes = std::size_t{128} << 10;
/// All files of a package, unpacked. They are one event.
inline constexpr std::size_t kMaxPackageUnpackedBytes = std::size_t{2} << 20;
/// Text packs to a tenth; what packs to less than a hundredth was made to fill memory.
inline constexpr std::size_t kMaxPackageRatio = 100;
/// Below this size a ratio says nothing: a few hundred equal lines pack to nearly nothing.
inline constexpr std::size_t kMinBytesForPackageRatio = std::size_t{64} << 10;
inline constexpr std::size_t kMaxPackagePathBytes = 200;
inline constexpr std::size_t kMaxPackagePathDepth = 8;
inline constexpr std::size_t kMaxPluginNameLength = 64;
/// Each has a Lua state of kMaxPluginMemoryBytes at most: 1.6 GB when all of them go to their limit.
inline constexpr std::size_t kMaxPlugins = 100;
inline constexpr std::size_t kMaxPluginMemoryBytes = std::size_t{16} << 20;
/// One string, one table's array, one stack. What the interpreter does in one go without looking at its limits takes time
/// in proportion to one of these, or (a stack, by `__call` within `__call`) to its square.
inline constexpr std::size_t kMaxPluginBlockBytes = std::size_t{1} << 20;
/// Instructions of one call: some 50 ms.
inline constexpr std::uint64_t kMaxPluginInstructions = 10'000'000;
/// Instructions between two looks at the limits.
inline constexpr int kPluginHookInterval = 1000;
/// One call by the clock, for what instructions do not count. Far more than they take, because the machine may be busy.
inline constexpr auto kMaxPluginCallTime = 2s;
/// Calls that wait for one plugin. Past it a message goes on without it, and a command is refused.
inline constexpr std::size_t kMaxPluginQueue = 1000;
/// Calls in a row that end in an error: then the plugin is stopped. One that goes over a limit is stopped at once.
inline constexpr std::size_t kMaxPluginFailures = 5;
inline constexpr std::size_t kMaxPluginCommands = 50;
inline constexpr std::size_t kMaxPluginTools = 20;
/// Timers of one plugin, and between what their periods are: who wants to be called more often than the house looks at
/// them would keep it busy for nothing, and nobody waits for longer.
inline constexpr std::size_t kMaxPluginTimers = 20;
inline constexpr auto kMinPluginTimerPeriod = 1s;
inline constexpr auto kMaxPluginTimerPeriod = 30 * 24h;
inline constexpr std::size_t kMaxCommandNameLength = 32;
/// Values that cross between a plugin and the house: how deep, how many, and how much text.
inline constexpr std::size_t kMaxPluginValueDepth = 32;
inline constexpr std::size_t kMaxPluginValues = 20'000;
inline constexpr std::size_t kMaxPluginValueBytes = std::size_t{256} << 10;
/// What it says to one message.
inline constexpr std::size_t kMaxPluginReplyBytes = std::size_t{16} << 10;
/// What a tool of a plugin is called with, as JSON: so that no list in it is longer than a table of a plugin may be.
inline constexpr std::size_t kMaxPluginArgumentBytes = std::size_t{64} << 10;
/// Texts that one call sends to conversations other than its own, and log lines that it writes.
inline constexpr std::size_t kMaxPluginSendsPerCall = 10;
inline constexpr std::size_t kMaxPluginLogsPerCall = 20;
inline constexpr std::size_t kMaxPluginLogBytes = 1000;
/// What a plugin keeps: keys, the bytes of a key (a platform, a group and a user have their place in it), of a value as
/// JSON, and of all.
inline constexpr std::size_t kMaxPluginDataKeys = 10'000;
inline constexpr std::size_t kMaxPluginDataKeyBytes = 400;
inline constexpr std::size_t kMaxPluginDataValueBytes = std::size_t{8} << 10;
inline constexpr std::size_t kMaxPluginDataBytes = std::size_t{1} << 20;
/// Installations and switches that wait for each other. Past it: Errc::overloaded.
inline constexpr std::size_t kMaxQueuedPluginChanges = 100;

// Models

/// Requests to models under way, each with a connection and its answer in memory. Past it: Errc::overloaded.
inline constexpr std::size_t kMaxModelRequests = 256;
inline constexpr auto kModelConnectTimeout = 10s;
/// Without a byte from the model, before its answer and within it: a slow one thinks for long before it begins.
inline constexpr auto kModelSilenceTimeout = 60s;
/// From the question to the end of the answer, with all attempts and what is waited between them.
inline constexpr auto kModelRequestTimeout = 10min;
/// How often each provider that may answer is tried, and about how long one of its keys then rests; that doubles with
/// each failure.
inline constexpr int kMaxModelAttempts = 4;
inline constexpr auto kModelRetryDelay = 500ms;
/// The longest `Retry-After` that is waited for: beyond it this key is of no use to the question.
inline constexpr auto kLongestModelRetryDelay = 30s;
/// Text of one answer; what a model writes in kModelRequestTimeout is far less.
inline constexpr std::size_t kMaxModelAnswerBytes = std::size_t{4} << 20;
/// One line of an event stream, and one event: the longest have the whole arguments of a tool.
inline constexpr std::size_t kMaxEventLineBytes = std::size_t{1} << 20;
/// Tools called in one answer: what OpenAI takes at a time.
inline constexpr std::size_t kMaxModelToolCalls = 128;
/// Where a request sets no limit and the format must have one: room for a long answer that every current model takes.
inline constexpr std::int64_t kModelAnswerTokens = 4096;
/// Texts of one request for embeddings: what Gemini takes in a batch.
inline constexpr std::size_t kMaxEmbeddingTexts = 100;
/// Of one text, its beginning: models take 8,192 tokens, and a byte is at most one.
inline constexpr std::size_t kMaxEmbeddedTextBytes = 8000;
/// A text that fails by itself so often has no vector until the next start.
inline constexpr std::size_t kMaxEmbeddingFailures = 5;
/// And their bytes together, but for the last text: OpenAI takes 300,000 tokens, and a token is a byte at least.
inline constexpr std::size_t kMaxEmbeddingBytes = 250'000;
/// Its answer: kMaxEmbeddingTexts vectors of 4096 numbers in 20 digits fit.
inline constexpr std::size_t kMaxEmbeddingAnswerBytes = std::size_t{16} << 20;
/// After the end of an answer its connection may take this long to finish the response, so that it can be used again.
inline constexpr auto kModelLinger = 1s;
/// Connections to providers kept open for the next request; a new one costs three round trips.
inline constexpr long kMaxIdleModelConnections = 32;
/// Read of an error's body, and characters of it that the server's own log is told.
inline constexpr std::size_t kMaxModelErrorBytes = 16384;
inline constexpr std::size_t kMaxModelErrorLength = 300;

// Tools

/// Calls under way, all tools together. Past it: Errc::overloaded.
inline constexpr std::size_t kMaxToolCalls = 256;
/// Calls of one answer of a model that run side by side; the model is told that the others were too many.
inline constexpr std::size_t kMaxToolCallsAtOnce = 16;
/// Where a tool says nothing else: the model, and whoever asked it, waits for it.
inline constexpr auto kToolTimeout = 30s;
/// What every provider takes: `[a-zA-Z0-9_-]{1,64}`.
inline constexpr std::size_t kMaxToolNameLength = 64;
inline constexpr std::size_t kMaxToolDescriptionBytes = 2048;
inline constexpr std::size_t kMaxToolSchemaBytes = std::size_t{32} << 10;
inline constexpr std::size_t kMaxToolsPerSource = 256;
/// As JSON. A file that is written by a tool fits.
inline constexpr std::size_t kMaxToolArgumentsBytes = std::size_t{256} << 10;
/// Of one call, told and logged: the model has to read it, and kMaxContextBytes is what it is told otherwise.
inline constexpr std::size_t kMaxToolResultBytes = 32000;
/// Results of one question together, with all its rounds: some 60,000 tokens.
inline constexpr std::size_t kMaxToolResultsBytes = std::size_t{256} << 10;
/// Tools that start and answers that are handed on wait here. Past it: Errc::overloaded.
inline constexpr std::size_t kMaxQueuedToolWork = 4096;
/// The Lua of one custom tool, which is one event.
inline constexpr std::size_t kMaxCustomToolBytes = std::size_t{64} << 10;
/// A form or a file with it, its description and its schema.
inline constexpr std::size_t kMaxCustomToolUploadBytes = std::size_t{256} << 10;
/// Calls of them that wait for their thread: as many as there may be under way.
inline constexpr std::size_t kMaxQueuedCustomCalls = kMaxToolCalls;
/// Messages that one search of a conversation reads, the newest.
inline constexpr std::size_t kMaxSearchedMessages = 1000;

// MCP servers

/// Connections at the same time; each may be a process of its own.
inline constexpr std::size_t kMaxMcpConnections = 64;
/// One message either way; a result with an image in it fits.
inline constexpr std::size_t kMaxMcpMessageBytes = std::size_t{4} << 20;
/// Written, and not taken by the server yet.
inline constexpr std::size_t kMaxMcpUnsentBytes = std::size_t{8} << 20;
/// From the start to the answer to `initialize`: a server that is fetched first takes its time.
inline constexpr auto kMcpConnectTimeout = 60s;
/// A server that left a request unanswered is pinged; one that does not answer that either is stuck, and connected anew.
inline constexpr std::chrono::milliseconds kMcpPingTimeout = 10s;
/// Requests to one server without an answer.
inline constexpr std::size_t kMaxMcpRequests = 64;
/// Of one list; each has the server's cursor for the next.
inline constexpr std::size_t kMaxMcpPages = 50;
/// Messages in a second that no request of ours asked for: beyond it the server floods, and its connection is closed.
inline constexpr std::size_t kMaxMcpUnsolicited = 1000;
/// Lines of one connection that are no messages, such as a banner: beyond it this is not a server of the protocol.
inline constexpr std::size_t kMaxMcpGarbage = 100;
/// Lines of a server's standard error in our log, a minute, and characters of each.
inline constexpr std::size_t kMaxMcpLogLines = 20;
inline constexpr std::size_t kMaxMcpLogLineLength = 300;
/// Between its standard input's end and SIGTERM, and then SIGKILL.
inline constexpr auto kMcpGrace = 2s;
/// After a connection that broke; it doubles each time, up to the longest. One that held for kMcpHealthyAfter begins anew.
inline constexpr std::chrono::milliseconds kMcpRetryDelay = 1s;
inline constexpr std::chrono::milliseconds kLongestMcpRetryDelay = 1min;
/// Until a list that a connected server did not give is asked for again.
inline constexpr std::chrono::milliseconds kMcpListRetryDelay = 5s;
/// Of a stream that breaks before it has brought the answer to its request.
inline constexpr std::size_t kMaxMcpResumptions = 8;
/// The server's own stream may end, but so often without a word it is no connection.
inline constexpr std::size_t kMaxMcpMuteStreams = 3;
inline constexpr auto kMcpHealthyAfter = 1min;
/// Variables, or headers, of one server.
inline constexpr std::size_t kMaxMcpSecrets = 64;
inline constexpr std::size_t kMaxMcpSecretLength = 8192;
/// How often calls of our own server are looked at, whether their clients are still there.
inline constexpr std::chrono::milliseconds kMcpClientLook = 500ms;

// Search

/// Messages and files in the index, the newest, and the memory that they take, as measured; what is older is not found.
/// It holds about 90,000 short messages, or 30,000 with vectors of 1,536 numbers, or 500 long text files.
inline constexpr std::size_t kMaxIndexedDocuments = 200'000;
inline constexpr std::size_t kMaxIndexedBytes = std::size_t{256} << 20;
/// Messages that the index reads from the rows at a time, so that a search waits for milliseconds only.
inline constexpr std::size_t kIndexPage = 50;
/// The same of files: the words of a long one take a millisecond.
inline constexpr std::size_t kIndexedFilesAtOnce = 8;
/// Of the text of one file, its beginning: some 2,500 words.
inline constexpr std::size_t kMaxIndexedFileBytes = 16000;
/// Of the text of a file that was found, in the answer.
inline constexpr std::size_t kMaxFoundFileBytes = 1000;
/// Records that the index has not taken in yet. Past it they are let go, and the index is built anew from the rows.
inline constexpr std::size_t kMaxUnindexedRecords = 20'000;
/// Searches, and the index's own steps, that wait. Past it: Errc::overloaded.
inline constexpr std::size_t kMaxQueuedSearches = 256;
/// Vectors of one collection that are compared one by one; from then on there is a graph, which has megabytes of its own.
inline constexpr std::size_t kMaxExactVectors = 2000;
/// Bytes of deleted texts of one collection that stay in memory beside as many that are there.
inline constexpr std::size_t kMaxDeletedTextBytes = std::size_t{1} << 20;
/// Channels of one search: each is two indexes of its own.
inline constexpr std::size_t kMaxSearchedChannels = 1000;
/// Characters of a query: a paragraph, to find what means the same.
inline constexpr std::size_t kMaxQueryLength = 1000;
inline constexpr std::size_t kMaxSearchResults = 100;
inline constexpr std::size_t kDefaultSearchResults = 10;
/// The least similarity where a query says nothing of it. Cosines of related texts begin about there; of its words, a
/// document must have about a third by weight.
inline constexpr double kVectorThreshold = 0.7;
inline constexpr double kFullTextThreshold = 0.3;
/// After a failed batch of embeddings; it doubles with each failure, up to the longest. The batch is halved each time,
/// so that one text that a model does not take holds up none but itself.
inline constexpr std::chrono::milliseconds kEmbeddingRetryDelay = 1s;
inline constexpr std::chrono::milliseconds kLongestEmbeddingRetryDelay = 1min;

// Memory

/// Facts of one person or group that the settings may allow: all of them are opened and compared at each search.
inline constexpr std::size_t kMaxFactsOfSubject = 1000;
/// Characters of what one fact says: a fact is a sentence or two.
inline constexpr std::size_t kMaxFactLength = 1000;
/// Characters of a fact's own word for what it is about.
inline constexpr std::size_t kMaxFactSubTypeLength = 64;
/// A fact's metadata, as JSON.
inline constexpr std::size_t kMaxFactMetadataBytes = 4096;
/// Facts of one request that brings several: each costs an fsync for its key, and one embedding request takes them all.
inline constexpr std::size_t kMaxFactsOfRequest = 100;
/// Facts that one search over all people opens, the newest: by what 10,000 took on two busy cores, a tenth of a second by
/// words and half a second by vectors of 1,536 numbers, in which no other search is answered.
inline constexpr std::size_t kMaxSearchedFacts = 2000;
/// What is written to memory, and not done yet. Past it: Errc::overloaded.
inline constexpr std::size_t kMaxQueuedMemories = 1000;
/// Of a person's facts, told with a question: they take a model's attention from what was asked.
inline constexpr std::size_t kMaxRecalledFacts = 12;
inline constexpr std::size_t kMaxRecalledBytes = 2000;
/// How long a question waits for the vector by which facts are chosen for it; then they are chosen by words.
inline constexpr std::chrono::milliseconds kRecallPatience = 2s;
/// Share of words in common, and the cosine, from which on two facts are nearly the same. Below, they differ in what
/// they say: of ten words one, of two vectors the tone.
inline constexpr double kNearlySameWords = 0.85;
inline constexpr double kNearlySameVectors = 0.95;
/// Questions from which a model draws facts at the same time, and those that wait. Past it they are left alone.
inline constexpr std::size_t kMaxExtractions = 4;
inline constexpr std::size_t kMaxQueuedExtractions = 100;
/// Facts drawn from one question.
inline constexpr std::size_t kMaxExtractedFacts = 5;
/// Facts that a bot lists in one reply.
inline constexpr std::size_t kMaxListedFacts = 20;

// The OpenAI-compatible API

/// Of one caller, as fast as the other chat APIs take questions.
inline constexpr std::size_t kCompletionsPerMinute = 60;
/// Of one request; with the body's own limit they are short then.
inline constexpr std::size_t kMaxCompletionMessages = 2000;
/// OpenAI's own limit.
inline constexpr std::size_t kMaxTools = 128;

// The chat_v1 dialect

/// Its access tokens: there is no way to renew one but to log in again, so a working day and a night.
inline constexpr auto kChatTokenLifetime = 24h;
inline constexpr std::size_t kMaxChatSocketsPerAccount = 5;
/// Days in one answer of daily statistics: a leap year.
inline constexpr long long kMaxStatisticsDays = 366;
inline constexpr long long kDefaultStatisticsDays = 30;

// The ChatAI dialect

/// A link that logs in once: from the bot's answer to the browser.
inline constexpr auto kLoginLinkLifetime = 5min;
/// Of one account, that are good once; with one more, the oldest ends.
inline constexpr std::size_t kMaxLoginLinks = 8;
/// Its logins: a day, and as long again with each refresh.
inline constexpr auto kPanelLoginLifetime = 24h;
/// Of one caller: what its specification says.
inline constexpr std::size_t kPanelRequestsPerMinute = 60;
/// Attempts to log in from one address, by a link, a code or a password.
inline constexpr std::size_t kPanelLoginsPerMinute = 10;
/// An imported configuration or preset, as text. Ours have some kilobytes.
inline constexpr std::size_t kMaxImportBytes = std::size_t{256} << 10;
/// Values in it, with what its aliases repeat: a few lines of YAML can stand for billions.
inline constexpr std::size_t kMaxYamlNodes = 20'000;
/// A test of a channel takes no longer than a person waits for it.
inline constexpr auto kChannelTestTimeout = 30s;
/// Models of one channel that are tested together, and at the same time.
inline constexpr std::size_t kMaxTestedModels = 50;
inline constexpr long long kMaxTestConcurrency = 10;
/// A list of models as a provider sends it: hundreds, with a kilobyte each.
inline constexpr std::size_t kMaxModelListBytes = std::size_t{4} << 20;
/// Such lists that are fetched at the same time.
inline constexpr std::size_t kMaxModelLists = 16;
/// A stream of events says that it is there.
inline constexpr auto kEventHeartbeat = 15s;
/// Events that a client may have missed and is told when it comes back.
inline constexpr std::size_t kMaxReplayedEvents = 1000;
/// Streams of events, together and of one account: each is a connection.
inline constexpr std::size_t kMaxEventStreams = 1000;
inline constexpr std::size_t kMaxEventStreamsPerAccount = 10;
/// Tools that one request calls side by side: what a model may call at once.
inline constexpr std::size_t kMaxBatchedCalls = kMaxToolCallsAtOnce;
/// Servers in one import, each of which may be a process.
inline constexpr std::size_t kMaxImportedServers = kMaxMcpConnections;

// Groups that are looked after by their own administrators

/// A code that logs in once: from the bot's answer to the panel.
inline constexpr auto kGroupCodeLifetime = 5min;
/// Of an alphabet of 31: nearly 900 million, of which an address may try kGroupLoginsPerMinute.
inline constexpr std::size_t kGroupCodeLength = 6;
inline constexpr std::size_t kGroupLoginsPerMinute = 5;
/// Of one group, that are good; with one more, the oldest ends.
inline constexpr std::size_t kMaxGroupCodes = 8;
inline constexpr std::size_t kMaxGroupLogins = 20;
inline constexpr auto kGroupLoginLifetime = 24h;
/// A limit a day. More than that is none.
inline constexpr std::int64_t kMaxDailyLimit = 1'000'000;
/// Groups whose settings, and whose use of today, are remembered; each costs a row or two to look up again.
inline constexpr std::size_t kMaxRememberedGroups = 20'000;
/// Groups that are changed together.
inline constexpr std::size_t kMaxGroupsAtOnce = 100;
/// Those who used a group most, in its figures.
inline constexpr std::size_t kMaxTopUsers = 10;
/// Weights of providers, relative to each other.
inline constexpr std::int64_t kMaxProviderWeight = 10'000;
inline constexpr std::int64_t kMaxProviderQuota = 1'000'000'000;

// The PlexiChat dialect's socket

/// A person's devices and tabs, and an account's programs.
inline constexpr std::size_t kMaxLiveSocketsPerAccount = 100;
/// Sockets of strangers, together: each is told who it is not, and no more.
inline constexpr std::size_t kMaxAnonymousSockets = 100;
/// Each costs 24 bytes while it lasts and a look-up when the socket comes back.
inline constexpr std::size_t kMaxChannelsPerSocket = 200;
/// A message of kMaxMessageLength characters, each escaped as two UTF-16 units, with its fields.
inline constexpr std::size_t kMaxLiveFrameBytes = std::size_t{64} << 10;
/// Frames one after the other that are no good: what sends them is not a client of this API.
inline constexpr std::size_t kMaxBadFrames = 10;
/// Who does not say so again has stopped typing.
inline constexpr auto kTypingLifetime = 10s;
/// People typing at the same time, everywhere; past it nobody is told of more.
inline constexpr std::size_t kMaxTyping = 10'000;
/// In a channel with more members or more open sockets nobody is told who comes and goes: each coming would cost a frame
/// for everyone there, and a thousand of them a million.
inline constexpr std::size_t kMaxPresenceAudience = 100;
/// Channels of an account, its newest, in which its coming and going is told.
inline constexpr std::size_t kMaxPresenceChannels = 100;
/// Messages that a client missed are read so many at a time, and the next when it has taken most of those before.
inline constexpr std::size_t kMissedMessagesAtOnce = 100;
inline constexpr auto kMissedMessagesDelay = 20ms;
/// How often logins that ran out are looked for.
inline constexpr auto kLoginSweepInterval = 30s;

// The NekoBot dialect

/// Of its lists: what a page has where a client says nothing (the specification's number), and the most that it may ask for.
inline constexpr long long kNekoPageSize = 20;
inline constexpr long long kMaxNekoPageSize = 100;
/// Lines of the server's own log that stay readable, and the bytes of one: a megabyte or two together.
inline constexpr std::size_t kMaxRememberedLogLines = 1000;
inline constexpr std::size_t kMaxLogLineBytes = 2000;
/// Lines or events that a subscriber is shown of what was before it came.
inline constexpr std::size_t kMaxReplayedFrames = 500;
/// One of its frames is the names of channels and a few numbers.
inline constexpr std::size_t kMaxNekoFrameBytes = 4096;
/// Sockets of callers without an account, who are all on this machine; of one account there may be
/// kMaxLiveSocketsPerAccount.
inline constexpr std::size_t kMaxOpenSockets = 100;
/// Of a session that is shown whole, its newest.
inline constexpr std::size_t kMaxShownMessages = 1000;
/// Sessions of one account that are listed, the newest: pages are cut out of them.
inline constexpr std::size_t kMaxListedSessions = 1000;
/// A stream of events that has nothing to say says so after this, or proxies close it.
inline constexpr auto kEventStreamHeartbeat = 15s;

// Lists and exports

inline constexpr std::size_t kMaxListLimit = 1000;
/// Stored bytes behind one list or export; the oldest entries past it are left out. As JSON it is a few times that.
inline constexpr std::size_t kMaxListBytes = std::size_t{16} << 20;
/// More bots than this are listed on the reading worker: each may have 64 KB of metadata.
inline constexpr std::size_t kMaxBotsListedAtOnce = 20;
/// Command types that one bot's statistics name.
inline constexpr std::size_t kMaxCommandTypesShown = 1000;
/// Records of one export call; `troupe export` has no such limit.
inline constexpr std::size_t kMaxExportLimit = 10000;
inline constexpr std::size_t kMaxUserSearchResults = 20;
inline constexpr std::size_t kMinSearchLength = 2;

// Platforms

/// A message from a platform that the house connects to: what Discord says of its largest servers has a few megabytes.
inline constexpr std::size_t kMaxPlatformMessageBytes = std::size_t{16} << 20;
/// Bytes that wait to be sent to one platform; past it the connection is given up and made anew.
inline constexpr std::size_t kMaxPlatformQueueBytes = std::size_t{1} << 20;
/// A response of a platform's HTTP API: a hundred updates of Telegram with the longest texts have less.
inline constexpr std::size_t kMaxPlatformResponseBytes = std::size_t{4} << 20;
/// Messages that platforms brought in and nobody has looked at yet; past it new ones are dropped and counted.
inline constexpr std::size_t kMaxPlatformMessagesWaiting = 20'000;
inline constexpr std::size_t kMaxPlatformBytesWaiting = std::size_t{64} << 20;
/// Looking up a name, connecting, TLS and the WebSocket's handshake.
inline constexpr auto kPlatformConnectTimeout = 15s;
/// A platform must answer to what is sent to it within this.
inline constexpr auto kPlatformAnswerTimeout = 30s;
/// A WebSocket that is silent for half of this gets a ping, and is dropped after the other half.
inline constexpr auto kPlatformIdleTimeout = 60s;
/// Between two attempts to connect, the first and the longest; doubles each time, with half of it by chance.
inline constexpr auto kPlatformRetryDelay = 1s;
inline constexpr auto kPlatformMaxRetryDelay = 60s;
/// A platform may ask for more patience than that, but not for ever.
inline constexpr auto kPlatformMaxRetryAfter = 10min;
/// Sent to one platform and not answered yet.
inline constexpr std::size_t kMaxUnansweredSends = 1000;
/// Pieces that a long answer is sent in, where a platform limits the length of a message; what is beyond is cut off.
inline constexpr std::size_t kMaxPiecesOfAnswer = 10;
/// OneBot clients of one entry: one for each of its accounts and roles.
inline constexpr std::size_t kMaxOneBotClients = 20'000;
/// A OneBot client says how often it reports that it lives; silent for so many times that, it is gone.
inline constexpr int kMissedHeartbeats = 3;
inline constexpr auto kLongestHeartbeat = 10min;
/// How long Telegram holds a request for updates while there are none.
inline constexpr auto kTelegramPollTime = 30s;
inline constexpr std::size_t kTelegramUpdatesAtOnce = 100;
/// How far the clock of who signs a webhook may be from ours.
inline constexpr auto kWebhookClockSkew = 5min;
inline constexpr std::size_t kMinWebhookSecretLength = 16;
/// Deliveries of one address, and in which time.
inline constexpr std::size_t kWebhooksPerWindow = 600;
inline constexpr auto kWebhookWindow = 60s;
/// Private channels that a Discord connection remembers, one for each person.
inline constexpr std::size_t kMaxRememberedChannels = 10'000;
/// Of a platform's last error.
inline constexpr std::size_t kMaxErrorTextBytes = 500;

// Actors

/// An entity without a message for this long sleeps; it costs nothing then.
inline constexpr auto kPassivateAfter = 60s;
inline constexpr auto kPassivationSweepInterval = 5s;
/// Awake entities of one kind: each Directory counts its own. Past it the idle ones are put to sleep at once; when none
/// is idle, a new one is refused: Errc::overloaded.
inline constexpr std::size_t kMaxAwakeEntities = 200000;
/// Messages waiting for one entity.
inline constexpr std::size_t kMaxEntityQueue = 1000;
/// A snapshot is taken when so many events came since the last one; waking replays fewer than this.
inline constexpr std::uint64_t kSnapshotEvery = 100;
/// How long a poll that got none of the commands it saw waits before it looks again: about one fsync.
inline constexpr auto kPollRetryDelay = 10ms;
/// Entities of what is being deleted (bots, commands, sessions) that are asked at once, so that they share their fsyncs.
inline constexpr std::size_t kDeletionsAtOnce = 256;
/// Long reads that wait for their worker. Past it: Errc::overloaded (503).
inline constexpr std::size_t kMaxQueuedReads = 256;
/// Deletions whose bots or commands are still to follow. They are small; past it they follow at the next start.
inline constexpr std::size_t kMaxQueuedDeletions = 10000;
/// Messages an actor handles before another gets its turn (CAF's own default is unlimited).
inline constexpr std::size_t kMaxThroughputPerTurn = 64;
/// Worker threads of the actor system; the event loop and the journal's writer have threads of their own.
inline constexpr std::size_t kActorThreads = 2;

// Settings

/// The longest time a setting may have, a year: beyond it a value is a slip, and far beyond it overflows.
inline constexpr auto kLongestSetting = 365 * 24h;

// Mail

/// Handing one mail to its server, from connecting to the last answer.
inline constexpr auto kMailTimeout = 30s;
/// A mail that was refused so often is given up; with the delay between, that bridges a restart of the mail server.
inline constexpr int kMaxMailAttempts = 5;
inline constexpr auto kMailRetryDelay = 30s;

// Rates

/// Sign-in, registration and reset requests from one address, where a dialect has no limits of its own.
inline constexpr std::size_t kSignInsPerWindow = 100;
inline constexpr auto kSignInWindow = 20s;
/// Clients that each limiter remembers, at some hundred bytes.
inline constexpr std::size_t kMaxLimitedClients = 100000;

// What is remembered between requests

/// Lists remembered until something in them changes, and the longest that is worth it: 16 MB together.
inline constexpr std::size_t kMaxRememberedLists = 1000;
inline constexpr std::size_t kMaxRememberedListBytes = 16384;
/// Good tokens remembered between two calls; some 200 bytes each.
inline constexpr std::size_t kMaxRememberedTokens = 20000;

}  // namespace troupe::defaults
