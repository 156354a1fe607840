import CustomerSuccessWire
import Testing
import WireCatalog

@testable import Wire

/// What the generator makes of the dictionary and the methods.
@Suite struct CatalogTests {
    @Test func everyRecordReadsAndWritesEveryField() throws {
        for type in Catalog.records { try exercise(type) }
    }

    private func exercise<R: RecordMessage>(_ type: R.Type) throws {
        let fields = R.schema.fields
        for (index, field) in fields.enumerated() {
            #expect(R.schema.index(of: field.name) == index)
            #expect(R.schema.index(of: field.jsonName) == index)
            #expect(!field.label.en.isEmpty, "\(R.schema.table).\(field.name) has no label")
            #expect(field.storage.accepts(field.defaultValue))
            let sample: FieldValue =
                switch field.storage {
                case .string: .string("x")
                case .int: .int(3)
                case .bool: .bool(true)
                case .timestamp: .timestamp(Timestamp(seconds: 1))
                case .strings: .strings(["a", "b"])
                }
            var record = R()
            record[fieldAt: index] = sample
            #expect(record[fieldAt: index] == sample, "\(R.schema.table).\(field.name)")
            #expect(try R.decode(protobuf: record.encodeProtobuf()) == record)
            record[fieldAt: index] = .null
            #expect(record == R(), "\(R.schema.table).\(field.name) is not cleared")
            let wrong: FieldValue = field.storage == .int ? .string("x") : .int(1)
            #expect(wireError { try record.setField(at: index, to: wrong) }?.path == field.jsonName)
        }
    }

    @Test func commonFieldsAreTheProtos() {
        var record = Touchpoint()
        record.id = "i"
        record.domain = "/provider/"
        let index = Touchpoint.schema.index(of: "domain") ?? -1
        #expect(record[fieldAt: index] == .string("/provider/"))
        #expect(Touchpoint()[fieldAt: index] == .null)
    }

    @Test func tablesAndFieldsAreUnique() {
        let tables = Catalog.schemas.map { "\($0.service).\($0.table)" }
        #expect(Set(tables).count == tables.count)
        for schema in Catalog.schemas {
            #expect(Set(schema.fields.map(\.name)).count == schema.fields.count)
            for field in schema.fields where !field.choices.isEmpty {
                #expect(field.type == .choice, "\(schema.table).\(field.name)")
                if field.defaultValue != .null {
                    #expect(field.choices.contains { $0.value == field.defaultValue }, "\(schema.table).\(field.name)")
                }
            }
        }
    }

    @Test func subjectsFollowThePattern() throws {
        let subjects = Catalog.methods.map(\.subject)
        #expect(Set(subjects).count == subjects.count)
        for method in Catalog.methods {
            #expect(method.subject.wholeMatch(of: try Regex("ale\\.v1\\.[a-z-]+\\.[a-z0-9_]+\\.[a-z0-9_]+")) != nil)
            #expect(method.subject.hasPrefix("ale.v1.\(method.service)."))
            #expect(!method.summary.isEmpty, "\(method.name) has no comment")
        }
        let create = CustomerSuccessAPI.createTouchpoint
        #expect(create.subject == "ale.v1.customer-success.touchpoints.create")
        #expect(create.info.requestType == "ale.customer_success.v1.CreateTouchpointRequest")
    }

    @Test func requestShapesReachTheRecord() throws {
        func create<R: CreateRequest>(_ type: R.Type) throws -> R {
            try R.decode(json: #"{"touchpoint":{"subject":"Hello"},"requestId":"r","validateOnly":true}"#)
        }
        var request = try create(CreateTouchpointRequest.self)
        #expect(request.resource?.subject == "Hello" && request.requestID == "r" && request.validateOnly)
        request.resource?.subject = "Bye"
        #expect(request.touchpoint?.subject == "Bye")

        let update: any UpdateRequest = try UpdateTouchpointRequest.decode(json: #"{"updateMask":"meetingDate"}"#)
        #expect(update.updateMask == ["meeting_date"])

        func page<L: ListResponse>(_ type: L.Type) -> L {
            L(resources: [L.Resource(), L.Resource()], nextPageToken: "n", totalSize: 7)
        }
        let list = page(ListTouchpointsResponse.self)
        #expect(list.touchpoints.count == 2 && list.nextPageToken == "n" && list.totalSize == 7)
    }
}

extension FieldStorage {
    /// Whether a field kept this way can hold `value`; every field can hold `.null`.
    fileprivate func accepts(_ value: FieldValue) -> Bool {
        switch (self, value) {
        case (_, .null), (.string, .string), (.int, .int), (.bool, .bool), (.timestamp, .timestamp),
            (.strings, .strings):
            true
        default: false
        }
    }
}
