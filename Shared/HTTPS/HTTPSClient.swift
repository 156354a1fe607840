import CCurl
import Foundation

/// What became of a request.
public enum HTTPSOutcome: Sendable, Equatable {
    /// The server answered.
    case answered(status: Int, body: [UInt8])
    /// No answer came; the reason is libcurl's, for the log.
    case unreached(HTTPSFault, reason: String)
}

/// Why no answer came.
public enum HTTPSFault: Sendable, Equatable {
    /// The server is away, or was too slow: it may answer another time.
    case away
    /// The answer is longer than ``HTTPSClient/mostBytes``.
    case tooLarge
    /// Its certificate is not one that is trusted for this host.
    case certificate
    /// Its address is of the own network.
    case ownNetwork
    /// What was asked is no request.
    case malformed
}

/// Asks servers of the internet over HTTPS: certificates are verified, redirects are not followed, answers are
/// bounded, every request has a deadline. A host whose address is of the own network is not reached, nor is one by way
/// of a proxy, which would choose the address.
///
/// libcurl blocks: each request has a thread of its own for as long as it takes. Whoever asks bounds how many there are.
public struct HTTPSClient: Sendable {
    /// Most bytes of an answer.
    public static let mostBytes = 64 << 10
    private let authorities: String?
    private let reachesOwnNetwork: Bool

    /// A client that trusts the certificate authorities of the system, or those of a PEM file.
    public init(authorities file: String? = nil) { self.init(authorities: file, reachesOwnNetwork: false) }

    /// A client that may reach the own network as well: for servers that the operator names, and for tests.
    package init(authorities file: String?, reachesOwnNetwork: Bool) {
        authorities = file
        self.reachesOwnNetwork = reachesOwnNetwork
    }

    /// Posts a body and waits for the answer, at most for `timeout`.
    public func post(
        _ body: [UInt8], to url: String, headers: [String: String], timeout: Duration
    ) async -> HTTPSOutcome {
        await ask(url, body: body, headers, timeout)
    }

    /// Gets what stands at a URL, and waits for it, at most for `timeout`.
    public func get(_ url: String, headers: [String: String], timeout: Duration) async -> HTTPSOutcome {
        await ask(url, body: nil, headers, timeout)
    }

    private func ask(
        _ url: String, body: [UInt8]?, _ headers: [String: String], _ timeout: Duration
    ) async -> HTTPSOutcome {
        let milliseconds = max(1, Int(timeout / .milliseconds(1)))
        let (authorities, reachesOwnNetwork) = (authorities, reachesOwnNetwork)
        return await withCheckedContinuation { continuation in
            let thread = Thread {
                guard let transfer = HTTPSTransfer(reachesOwnNetwork: reachesOwnNetwork) else {
                    return continuation.resume(returning: .unreached(.away, reason: "libcurl cannot be set up"))
                }
                continuation.resume(
                    returning: transfer.ask(
                        url, body: body, headers, authorities: authorities, milliseconds: milliseconds))
            }
            thread.name = "https"
            thread.start()
        }
    }
}

/// One libcurl handle, made, used and freed on one thread.
private struct HTTPSTransfer: ~Copyable {
    private let handle: UnsafeMutableRawPointer
    private let reachesOwnNetwork: Bool

    /// libcurl asks to be set up once per process, before any handle is made.
    private static let isReady = curl_global_init(Int(CURL_GLOBAL_DEFAULT)) == CURLE_OK

    init?(reachesOwnNetwork: Bool) {
        guard Self.isReady, let handle = curl_easy_init() else { return nil }
        self.handle = handle
        self.reachesOwnNetwork = reachesOwnNetwork
    }

    deinit { curl_easy_cleanup(handle) }

    borrowing func ask(
        _ url: String, body: [UInt8]?, _ headers: [String: String], authorities: String?, milliseconds: Int
    ) -> HTTPSOutcome {
        var list: UnsafeMutablePointer<curl_slist>?
        for (name, value) in headers.sorted(by: { $0.key < $1.key }) {
            list = curl_slist_append(list, "\(name): \(value)") ?? list
        }
        defer { curl_slist_free_all(list) }
        prepare(url, authorities, milliseconds)
        _ = ale_curl_set_list(handle, CURLOPT_HTTPHEADER, list)
        if let body { _ = body.withUnsafeBytes { ale_curl_set_post(handle, $0.baseAddress, $0.count) } }
        // Whether an address was refused: libcurl says no more than that it could not connect.
        let isRefused = UnsafeMutablePointer<Bool>.allocate(capacity: 1)
        isRefused.initialize(to: false)
        defer { isRefused.deallocate() }
        guard reachesOwnNetwork || ale_curl_set_open(handle, PublicAddress.open, isRefused) == CURLE_OK else {
            return .unreached(.away, reason: "libcurl does not let addresses be looked at")
        }
        var bytes = [CChar](repeating: 0, count: HTTPSClient.mostBytes)
        let (code, count) = bytes.withUnsafeMutableBufferPointer { room in
            var answer = ale_curl_answer(bytes: room.baseAddress, room: room.count, count: 0)
            return withUnsafeMutablePointer(to: &answer) { answer in
                _ = ale_curl_set_answer(handle, answer)
                let code = curl_easy_perform(handle)
                return (code, answer.pointee.count)
            }
        }
        guard code == CURLE_OK else {
            let fault = isRefused.pointee ? HTTPSFault.ownNetwork : HTTPSFault(code)
            return .unreached(fault, reason: String(cString: curl_easy_strerror(code)))
        }
        return .answered(
            status: ale_curl_status(handle), body: bytes.prefix(count).map { UInt8(bitPattern: $0) })
    }

    /// Results of the single settings are not looked at: each option exists in the libcurl this is built with, and an option
    /// that could not be set shows in the result of the transfer.
    private borrowing func prepare(_ url: String, _ authorities: String?, _ milliseconds: Int) {
        func set(_ option: CURLoption, _ value: Int) { _ = ale_curl_set_long(handle, option, value) }
        func set(_ option: CURLoption, _ value: String) { _ = ale_curl_set_string(handle, option, value) }
        set(CURLOPT_URL, url)
        set(CURLOPT_PROTOCOLS_STR, "https")
        set(CURLOPT_FOLLOWLOCATION, 0)
        set(CURLOPT_PROXY, "")
        // libcurl's time-outs use signals otherwise, which a process with threads must not.
        set(CURLOPT_NOSIGNAL, 1)
        set(CURLOPT_CONNECTTIMEOUT_MS, min(10_000, milliseconds))
        set(CURLOPT_TIMEOUT_MS, milliseconds)
        set(CURLOPT_SSLVERSION, CURL_SSLVERSION_TLSv1_2)
        if let authorities { set(CURLOPT_CAINFO, authorities) }
    }
}

extension HTTPSFault {
    /// What a code of libcurl's says.
    fileprivate init(_ code: CURLcode) {
        self =
            switch code {
            case CURLE_WRITE_ERROR, CURLE_FILESIZE_EXCEEDED: .tooLarge
            case CURLE_PEER_FAILED_VERIFICATION, CURLE_SSL_INVALIDCERTSTATUS, CURLE_SSL_ISSUER_ERROR: .certificate
            case CURLE_URL_MALFORMAT, CURLE_UNSUPPORTED_PROTOCOL: .malformed
            default: .away
            }
    }
}
