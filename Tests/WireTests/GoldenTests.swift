import CustomerSuccessWire
import Foundation
import SamplesWire
import Testing
import WireCatalog

@testable import Wire

/// Agreement with the reference implementation, Python's google.protobuf, on every message of the protos.
@Suite struct GoldenTests {
    /// Shared by the two programs: the messages of a descriptor set, and random ones with a fixed seed.
    private static let library = #"""
        import base64, json, math, random, struct, sys
        from google.protobuf import descriptor_pb2, descriptor_pool, json_format, message_factory
        from google.protobuf.descriptor import FieldDescriptor as F
        pool = descriptor_pool.DescriptorPool()
        files = descriptor_pb2.FileDescriptorSet.FromString(open(sys.argv[1], 'rb').read()).file
        for file in files: pool.Add(file)
        factory = message_factory.MessageFactory(pool)
        names = [f.package + '.' + m.name for f in files for m in f.message_type
                 if f.package.startswith('ale.') and f.package != 'ale.options.v1']
        def make(name): return factory.GetPrototype(pool.FindMessageTypeByName(name))()
        """#

    private static let generate = #"""
        R = random.Random(20260504)
        TEXTS = ['', 'x', 'meeting', 'Überprüfung', '고객 성공', '👩🏽‍🚀🚀', 'a"b\\c/d',
                 '\n\r\t\b\f\x01\x1f\x7f', '\u2028\ufeff',
                 'é' * 40, 'q' * 300, '\U0010ffff\ue000\ud7ff']
        def integer(bits, signed):
            low = -(1 << bits - 1) if signed else 0
            high = (1 << bits - 1) - 1 if signed else (1 << bits) - 1
            return R.choice([0, 1, low, high, R.randint(low, high), R.randint(0, 200), 127, 128])
        def floating(single):
            v = R.choice([0.0, 1.5, -2.25, 1e-310, 5e-324, 1.7976931348623157e308, math.nan, math.inf, -math.inf, 0.1,
                          1e22, 123456789.125, R.uniform(-1e9, 1e9), R.random()])
            if not single: return v
            if abs(v) > 3e38 and not math.isinf(v): v = 3.4028234663852886e38
            return struct.unpack('f', struct.pack('f', v))[0]
        def value(f):
            t = f.type
            if t in (F.TYPE_INT32, F.TYPE_SINT32, F.TYPE_SFIXED32): return integer(32, True)
            if t in (F.TYPE_INT64, F.TYPE_SINT64, F.TYPE_SFIXED64): return integer(64, True)
            if t in (F.TYPE_UINT32, F.TYPE_FIXED32): return integer(32, False)
            if t in (F.TYPE_UINT64, F.TYPE_FIXED64): return integer(64, False)
            if t == F.TYPE_FLOAT: return floating(True)
            if t == F.TYPE_DOUBLE: return floating(False)
            if t == F.TYPE_BOOL: return R.random() < 0.5
            if t == F.TYPE_STRING: return R.choice(TEXTS)
            if t == F.TYPE_BYTES: return bytes(R.randrange(256) for _ in range(R.randrange(9)))
            if t == F.TYPE_ENUM: return R.choice([v.number for v in f.enum_type.values] + [42])
        def fill(m, chance):
            if m.DESCRIPTOR.full_name == 'google.protobuf.Timestamp':
                m.seconds = R.choice([0, -62135596800, 253402300799, R.randint(-10**10, 10**11)])
                m.nanos = R.choice([0, 1, 999999999, 5000000, 5000, R.randrange(10**9)])
                return
            if m.DESCRIPTOR.full_name == 'google.protobuf.FieldMask':
                m.paths.extend(R.sample(['meeting_date', 'state', 'a.b_c', 'x1_y'], R.randrange(4)))
                return
            for f in m.DESCRIPTOR.fields:
                if R.random() >= chance: continue
                if f.label == F.LABEL_REPEATED:
                    for _ in range(R.randrange(4)):
                        if f.message_type: fill(getattr(m, f.name).add(), chance * 0.6)
                        else: getattr(m, f.name).append(value(f))
                elif f.message_type:
                    sub = getattr(m, f.name)
                    sub.SetInParent()
                    fill(sub, chance * 0.8)
                else: setattr(m, f.name, value(f))
        for name in names:
            for round in range(int(sys.argv[2])):
                m = make(name)
                fill(m, [0.0, 1.0, 0.5, 0.2][round % 4])
                text = json_format.MessageToJson(m, indent=R.choice([None, 1]), ensure_ascii=R.random() < 0.5,
                                                 preserving_proto_field_name=R.random() < 0.3)
                print(name, m.SerializeToString(deterministic=True).hex(), text.encode('utf-8').hex(), sep='\t')
        """#

    private static let check = #"""
        # The two print the same float with different digits; the bytes above have shown that the values are equal.
        def short(number):
            v, largest = float(number), 3.4028234663852886e38
            return v if abs(v) > 3.5e38 else struct.unpack('f', struct.pack('f', min(max(v, -largest), largest)))[0]
        def plain(text): return json.loads(text, parse_float=short, parse_int=short)
        bad = 0
        for line in sys.stdin:
            name, want, packed, text = line.rstrip('\n').split('\t')
            first, second, third = make(name), make(name), make(name)
            first.ParseFromString(bytes.fromhex(want))
            second.ParseFromString(bytes.fromhex(packed))
            text = bytes.fromhex(text).decode('utf-8')
            json_format.Parse(text, third)
            expected = first.SerializeToString(deterministic=True)
            if second.SerializeToString(deterministic=True) != expected: bad += 1; print(name, 'protobuf differs')
            if third.SerializeToString(deterministic=True) != expected: bad += 1; print(name, 'json differs', text[:300])
            known = not any(e in text for e in (':42', '[42', ',42'))
            ours, theirs = plain(text), plain(json_format.MessageToJson(first))
            if known and ours != theirs:
                bad += 1
                print(name, 'spelling', [(key, ours.get(key), theirs.get(key)) for key in {**ours, **theirs}
                                         if ours.get(key) != theirs.get(key)])
        print('bad', bad)
        """#

    /// A descriptor set of the protos, or nil when the tools are missing, which is then said.
    private func descriptorSet(_ folder: URL) throws -> String? {
        let python = try run(["/usr/bin/python3", "-c", "import google.protobuf"])
        let protoc = try run(["protoc", "--version"])
        guard python.status == 0, protoc.status == 0 else {
            print(
                "SKIPPED GoldenTests: protoc or python3-protobuf is missing (apt install protobuf-compiler python3-protobuf)"
            )
            return nil
        }
        let set = folder.appendingPathComponent("set.pb").path
        let made = try run([
            "sh", "-c",
            "cd proto && protoc -I . -I /usr/include --include_imports -o \(set) $(find ale -name '*.proto')",
        ])
        try #require(made.status == 0, "\(made.errors)")
        return set
    }

    @Test func agreesWithPythonOnEveryMessage() throws {
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        guard let set = try descriptorSet(folder) else { return }
        let types = Dictionary(
            uniqueKeysWithValues: (Catalog.messages + SamplesCatalog.messages).map { ($0.fullName, $0) })
        let made = try run(["/usr/bin/python3", "-c", Self.library + "\n" + Self.generate, set, "12"])
        try #require(made.status == 0, "\(made.errors)")
        var answers = ""
        var seen: Set<String> = []
        for line in made.output.split(separator: "\n") {
            let parts = line.split(separator: "\t", omittingEmptySubsequences: false)
            let type = try #require(types[String(parts[0])], "no Swift type for \(parts[0])")
            seen.insert(type.fullName)
            let again = try compare(type, protobuf: bytes(hex: parts[1]), json: bytes(hex: parts[2]))
            answers += "\(parts[0])\t\(parts[1])\t\(hex(again.protobuf))\t\(hex(again.json))\n"
        }
        #expect(seen.count == types.count)
        let checked = try run(["/usr/bin/python3", "-c", Self.library + "\n" + Self.check, set], input: answers)
        #expect(checked.status == 0, "\(checked.errors)")
        #expect(checked.output == "bad 0\n", "\(checked.output.prefix(2_000))")
    }

    /// Decodes both forms, which must mean the same, and encodes them again, the protobuf to the very same bytes.
    private func compare<M: Message>(
        _ type: M.Type, protobuf: [UInt8], json: [UInt8]
    ) throws -> (protobuf: [UInt8], json: [UInt8]) {
        let fromProtobuf = try M.decode(protobuf: protobuf)
        let fromJSON = try M.decode(json: json)
        let packed = try fromProtobuf.encodeProtobuf()
        let text = try fromProtobuf.encodeJSON()
        #expect(packed == protobuf, "\(M.fullName): other bytes than Python's")
        #expect(try fromJSON.encodeProtobuf() == protobuf, "\(M.fullName): its JSON means something else")
        #expect(try fromJSON.encodeJSON() == text)
        return (packed, text)
    }

    @Test func agreesWithProtocOnItsTextFormat() throws {
        guard try run(["protoc", "--version"]).status == 0 else {
            print("SKIPPED GoldenTests: protoc is missing (apt install protobuf-compiler)")
            return
        }
        var request = CreateTouchpointRequest()
        request.touchpoint = Touchpoint()
        request.touchpoint?.meetingDate = "2026-05-04"
        request.touchpoint?.createdAt = Timestamp(seconds: 5, nanos: 7)
        request.requestID = "r-1"
        let folder = try temporaryFolder()
        defer { try? FileManager.default.removeItem(at: folder) }
        let file = folder.appendingPathComponent("message.pb")
        try Data(request.encodeProtobuf()).write(to: file)
        let decoded = try run([
            "sh", "-c",
            "protoc -I proto -I /usr/include --decode=\(CreateTouchpointRequest.fullName) "
                + "ale/customer_success/v1/customer_success_service.proto < \(file.path)",
        ])
        #expect(decoded.status == 0, "\(decoded.errors)")
        #expect(
            decoded.output.split(whereSeparator: \.isWhitespace).joined(separator: " ")
                == "touchpoint { created_at { seconds: 5 nanos: 7 } meeting_date: \"2026-05-04\" } request_id: \"r-1\"")
    }
}
