import OnboardingWire
import Records
import Roles
import Wire

/// The menus that narrow a list: the usual ones of the table, and one for every other field that somebody asks for.
extension ListMenus {
    /// The fields that have a menu: the usual ones, those that narrow the list already, and the one that was asked for.
    var offered: [String] {
        let usual = query.table.filters
        let others = query.table.schema.fields.map(\.name).filter { name in
            !usual.contains(name)
                && (name == asked || FieldControl.names(of: name).contains { !query.fields[$0].isEmpty })
        }
        return usual + others
    }

    /// The field that was chosen among all others.
    private var asked: String { query[.by] }

    /// Every other field that the list can be narrowed by; none where the usual menus are all.
    var more: Values {
        let offered = Set(offered)
        let fields = query.table.schema.fields.filter { field in
            !offered.contains(field.name) && control(field.name) != nil
        }
        guard !fields.isEmpty else { return [:] }
        return [
            "action": href, "kept": query.kept(without: []),
            "fields": fields.map { ["value": $0.name, "label": $0.label(language)] as Values },
        ]
    }

    /// How somebody narrows the list by a field. Customers look nothing up here.
    private func control(_ name: String) -> FieldControl? {
        guard let control = query.table.control(name, for: query.isCustomer) else { return nil }
        if case .records = control, query.isCustomer { return nil }
        return control
    }

    /// A menu of what a field can be.
    func menu(_ name: String) -> Values? {
        guard let field = query.table.field(name, for: query.isCustomer), let control = control(name) else {
            return nil
        }
        let chosen = query.values(name)
        var menu: Values = [
            "label": field.label(language), "field": name, "key": FieldControl.key(of: name), "action": href,
            "kept": query.kept(without: FieldControl.names(of: name)), "open": name == asked, "choose": "",
        ]
        var options: [(value: String, label: String)] = []
        switch control {
        case .values: options = values(of: field)
        case .day:
            options = ListQuery.When.allCases.map { ($0.rawValue, visit.reader($0.label)) }
            menu["range"] = range(name, "date")
        case .time: options = ListQuery.Since.allCases.map { ($0.rawValue, visit.reader($0.label)) }
        case .number:
            options = [(ListQuery.nobody, visit.reader(ListQuery.emptiness(field)))]
            menu["range"] = range(name, "text")
        case .text: menu["part"] = ["value": chosen.first ?? ""] as Values
        case .records(let tables):
            if tables == User.schema.table { options.append((ListQuery.me, visit.say("Me", "나"))) }
            if !FieldControl.isWrittenAlways(field) {
                let nobody = tables == User.schema.table ? visit.say("Nobody", "없음") : visit.say("Empty", "비어 있음")
                options.append((ListQuery.nobody, nobody))
            }
            let others = chosen.filter { value in !options.contains { $0.value == value } }
            options += others.prefix(20).map { ($0, called($0)) }
            menu["choose"] = Self.choose(tables, field)
        }
        menu["options"] = options.map { option -> Values in
            ["value": option.value, "label": option.label, "chosen": chosen.contains(option.value)]
        }
        return menu
    }

    private func values(of field: FieldSchema) -> [(value: String, label: String)] {
        switch field.type {
        case .boolean: [true, false].map { ("\($0)", ListQuery.flag($0, visit.reader)) }
        case .listOfRoles: RoleCatalog.all.map { ($0.name, $0.name) }
        default: field.choices.map { (ListQuery.text($0.value), $0.label(language)) }
        }
    }

    private func range(_ name: String, _ type: String) -> Values {
        [
            "type": type, "from": query.fields[name + FieldControl.Ending.from.rawValue],
            "to": query.fields[name + FieldControl.Ending.to.rawValue],
        ]
    }

    /// What people call a chosen record, which is known by its id or by its table and its id.
    private func called(_ value: String) -> String {
        names[value] ?? value.split(separator: ":").last.flatMap { names[String($0)] } ?? value
    }

    /// The address that finds what a reference can be.
    static func choose(_ table: String, _ field: FieldSchema) -> String {
        let filter = field.side == .provider ? "?filter=\(Fields.encoded("NOT \(User.Field.account.rawValue):*"))" : ""
        return "/choose/\(Fields.encoded(table))\(filter)"
    }
}
