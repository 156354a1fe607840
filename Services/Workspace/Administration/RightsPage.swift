import OnboardingWire
import RPC
import Roles
import Wire

/// Why somebody may: what a person or a role may do with a table, and the rule and the role that it follows from.
enum RightsPage {
    /// What the page is asked by.
    private enum Part {
        static let user = "user"
        static let role = "role"
        static let table = "table"
    }

    static func page(_ visit: Visit) async throws(Problem) -> Page {
        try AdministrationPages.check(visit)
        var asked = visit
        asked.form = visit.query
        let user = try await Lookup(asked).chosen(Part.user, in: User.schema.table, filter: "", blame: Part.user)
        let (role, table) = (visit.query[Part.role], visit.query[Part.table])
        let granted = try await granted(user, visit) + (RoleCatalog.exists(role) ? [role] : [])
        let fields = try await fields(user, role, table, asked)
        let schema = Dictionaries.schema(table)
        var values: Values = [
            "fields": fields, "asked": !granted.isEmpty || !user.isEmpty, "granted": granted.joined(separator: ", "),
            "operations": Operation.allCases.map { ["label": label($0, visit)] as Values },
            "head": visit.say("Table", "테이블"), "rows": granted.isEmpty ? [Values]() : rows(granted, table, visit),
            "rules": schema.map { rules($0, visit) } ?? [Values](),
        ]
        // Of a table alone it is asked who may.
        if user.isEmpty, granted.isEmpty, let schema {
            values["asked"] = true
            values["granted"] = schema.label(visit.reader.language)
            values["head"] = visit.say("Role", "역할")
            values["rows"] = roles(schema, visit)
        }
        var page = Page(template: "rights", title: visit.say("Who may do what", "권한 확인"), values: values)
        page.trail = visit.wayOfAdministration()
        return page
    }

    /// The roles that an administrator has granted to somebody.
    private static func granted(_ user: String, _ visit: Visit) async throws(Problem) -> [String] {
        guard !user.isEmpty else { return [] }
        var request = ListRequest()
        request.pageSize = 200
        request.filter = FilterText.equal(RoleGrant.Field.user, user)
        return try await visit.ask(OnboardingAPI.listRoleGrants, request).resources.compactMap(\.role).sorted()
    }

    private static func fields(
        _ user: String, _ role: String, _ table: String, _ asked: Visit
    ) async throws(Problem) -> [Values] {
        let names = try await Lookup(asked).names(of: [user], in: User.schema.table)
        let language = asked.reader.language
        let tables = Dictionaries.all.map { Forms.Option($0.table, "\($0.label(language)) (\($0.table))") }
            .sorted { $0.label < $1.label }
        let roles = RoleCatalog.all.map { Forms.Option($0.name, $0.name) }
        let forms = Forms(asked)
        return [
            Forms.Field(
                Part.user, User.schema.label(language),
                .reference(shown: names[user] ?? "", choose: "/choose/\(User.schema.table)"), value: user),
            Forms.Field(Part.role, asked.say("Role", "역할"), .choice(roles), value: role),
            Forms.Field(Part.table, asked.say("Table", "테이블"), .choice(tables), value: table),
        ].map { forms.values($0, refused: nil) }
    }

    private static func label(_ operation: Operation, _ visit: Visit) -> String {
        switch operation {
        case .read: visit.say("Read", "읽기")
        case .reportView: visit.say("See figures", "수치 보기")
        case .create: visit.say("Create", "생성")
        case .write: visit.say("Change", "변경")
        case .delete: visit.say("Delete", "삭제")
        }
    }

    /// Each table of which something is allowed, with why.
    private static func rows(_ granted: [String], _ table: String, _ visit: Visit) -> [Values] {
        let closed = RoleCatalog.close(granted)
        let language = visit.reader.language
        let schemas = Dictionaries.all.filter { schema in
            guard table.isEmpty else { return schema.table == table }
            return Operation.allCases.contains { Access.allows(closed, $0, on: schema.table) }
        }
        return schemas.sorted { $0.label(language) < $1.label(language) }.map { schema -> Values in
            [
                "label": schema.label(language), "detail": schema.table,
                "cells": Operation.allCases.map { cell($0, schema, granted, closed, visit) },
            ]
        }
    }

    /// Each role that may do something with records of the table, with why.
    private static func roles(_ schema: RecordSchema, _ visit: Visit) -> [Values] {
        RoleCatalog.all.compactMap { role -> Values? in
            let closed = RoleCatalog.close([role.name])
            guard Operation.allCases.contains(where: { Access.allows(closed, $0, on: schema.table) }) else {
                return nil
            }
            return [
                "label": role.name, "detail": visit.say(role.description, role.descriptionKo),
                "cells": Operation.allCases.map { cell($0, schema, [role.name], closed, visit) },
            ]
        }
    }

    /// The rules about single fields of the table, which add to those about the table (G-24).
    private static func rules(_ schema: RecordSchema, _ visit: Visit) -> [Values] {
        Access.rules.compactMap { rule -> Values? in
            guard rule.table == schema.table, let name = rule.field else { return nil }
            return [
                "label": schema.field(name)?.label(visit.reader.language) ?? name, "detail": name,
                "operations": rule.operations.map { label($0, visit) }.joined(separator: ", "),
                "why": "\(rule.roles.joined(separator: ", ")) · \(rule.id)",
            ]
        }
    }

    private static func cell(
        _ operation: Operation, _ schema: RecordSchema, _ granted: [String], _ closed: Set<String>, _ visit: Visit
    ) -> Values {
        let may = Access.allows(closed, operation, on: schema.table)
        return [
            "label": label(operation, visit), "may": may,
            "answer": may ? visit.say("Yes", "예") : visit.say("No", "아니요"),
            "why": may ? why(operation, schema.table, granted, closed, visit) : "",
        ]
    }

    /// The rule, the role that it names, and the granted role that contains it.
    private static func why(
        _ operation: Operation, _ table: String, _ granted: [String], _ closed: Set<String>, _ visit: Visit
    ) -> String {
        if closed.contains(RoleCatalog.administrator) { return RoleCatalog.administrator }
        let wanted: Set<Operation> = operation == .read ? [.read, .write, .delete] : [operation]
        for rule in Access.rules where rule.table == table && rule.field == nil {
            guard !wanted.isDisjoint(with: rule.operations), let role = rule.roles.first(where: closed.contains) else {
                continue
            }
            let through = granted.first { RoleCatalog.role(named: $0)?.closure.contains(role) == true } ?? role
            let by = through == role ? role : "\(through) › \(role)"
            return "\(by) · \(rule.id)"
        }
        return ""
    }
}
