import CNATS
import Glibc

/// libnats' options while they are filled in; the library copies them when it connects.
final class NativeOptions {
    let pointer: OpaquePointer

    init(_ options: ConnectionOptions, callbackID: UInt) throws(NATSError) {
        // Whoever waits for a lock of the library sleeps at once. By default it first tries 2,000 times, while the holder
        // is inside the system sending: a tenth of a busy service's time. Only the first call has an effect.
        try NATSError.check(nats_Open(0))
        var created: OpaquePointer?
        try NATSError.check(natsOptions_Create(&created))
        guard let created else { throw .other("libnats gave no options") }
        pointer = created
        try setServers(options.urls)
        try NATSError.check(natsOptions_SetName(pointer, options.name))
        try NATSError.check(natsOptions_SetTimeout(pointer, options.connectTimeout.clampedMilliseconds))
        try NATSError.check(natsOptions_SetWriteDeadline(pointer, options.writeDeadline.clampedMilliseconds))
        try NATSError.check(natsOptions_SetPingInterval(pointer, options.pingInterval.clampedMilliseconds))
        try NATSError.check(natsOptions_SetMaxPingsOut(pointer, 2))
        // Without it a message waits up to a millisecond for the thread that flushes.
        try NATSError.check(natsOptions_SetSendAsap(pointer, !options.gathersMessages))
        if let threads = options.sharedDeliveryThreads {
            try NATSError.check(nats_SetMessageDeliveryPoolSize(Int32(clamping: threads)))
            try NATSError.check(natsOptions_UseGlobalMessageDelivery(pointer, true))
        }
        try setReconnection(options)
        try setCredentials(options.credentials)
        try setTLS(options)
        // The closure is a number for the table of callbacks, never a pointer to memory.
        let closure = UnsafeMutableRawPointer(bitPattern: callbackID)
        try NATSError.check(natsOptions_SetErrorHandler(pointer, natsFailed, closure))
        try NATSError.check(natsOptions_SetDisconnectedCB(pointer, natsDisconnected, closure))
        try NATSError.check(natsOptions_SetReconnectedCB(pointer, natsReconnected, closure))
        try NATSError.check(natsOptions_SetLameDuckModeCB(pointer, natsLameDuck, closure))
        try NATSError.check(natsOptions_SetClosedCB(pointer, natsClosed, closure))
    }

    deinit { natsOptions_Destroy(pointer) }

    private func setServers(_ urls: [String]) throws(NATSError) {
        guard !urls.isEmpty else { throw .other("no server is configured") }
        let copies = urls.map { strdup($0) }
        defer { for copy in copies { free(copy) } }
        var servers = copies.map { UnsafePointer<CChar>($0) }
        try NATSError.check(natsOptions_SetServers(pointer, &servers, Int32(servers.count)))
    }

    private func setReconnection(_ options: ConnectionOptions) throws(NATSError) {
        try NATSError.check(natsOptions_SetAllowReconnect(pointer, true))
        try NATSError.check(natsOptions_SetMaxReconnect(pointer, -1))
        let wait = options.reconnectWait.clampedMilliseconds
        try NATSError.check(natsOptions_SetReconnectWait(pointer, wait))
        // Clients that lost the same server do not all come back at the same instant.
        try NATSError.check(natsOptions_SetReconnectJitter(pointer, max(1, wait / 2), wait))
        try NATSError.check(natsOptions_SetReconnectBufSize(pointer, Int32(clamping: options.reconnectBufferBytes)))
    }

    private func setCredentials(_ credentials: ConnectionOptions.Credentials) throws(NATSError) {
        switch credentials {
        case .none: break
        case .password(let user, let password):
            try NATSError.check(natsOptions_SetUserInfo(pointer, user, password))
        case .token(let token):
            try NATSError.check(natsOptions_SetToken(pointer, token))
        case .file(let path):
            try NATSError.check(natsOptions_SetUserCredentialsFromFiles(pointer, path, nil))
        }
    }

    private func setTLS(_ options: ConnectionOptions) throws(NATSError) {
        let wanted = options.tls != nil || options.urls.contains { $0.lowercased().hasPrefix("tls:") }
        guard wanted else { return }
        // A library built without TLS refuses here, and a server without it refuses when connecting.
        try NATSError.check(natsOptions_SetSecure(pointer, true))
        guard let tls = options.tls else { return }
        if let authorities = tls.authorities {
            try NATSError.check(natsOptions_LoadCATrustedCertificates(pointer, authorities))
        }
        if let certificate = tls.certificate {
            try NATSError.check(natsOptions_LoadCertificatesChain(pointer, certificate.chain, certificate.key))
        }
        if let serverName = tls.serverName {
            try NATSError.check(natsOptions_SetExpectedHostname(pointer, serverName))
        }
    }
}
