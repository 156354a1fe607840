import ServiceTestKit
import Testing
import Wire

/// A request to a method, and what it takes to be allowed it.
struct Attempt: Sendable {
    /// What decides whether a role may.
    enum Need: Sendable, Equatable {
        /// An operation on a table or field.
        case operation(String, on: String)
        /// The same, and being of the provider.
        case provider(String, on: String)
        /// An operation on a table, writing another one, and being of the provider.
        case working(String, on: String, over: String)
        /// Two operations on a table, and being of the provider.
        case report(on: String)
        /// To be an administrator of the provider.
        case administrator
        /// Reading any of these tables.
        case reading([String])
        /// Everybody may.
        case nothing
        /// Nobody may but services.
        case service
    }

    let subject: String
    var json: String
    let need: Need
    /// The table of the record that the request names.
    let table: String
    /// Whether the record is looked for before the rights to it are: one that is not there tells nothing about them.
    let isFoundFirst: Bool

    /// The verb, last in the subject.
    var verb: String { String(subject.split(separator: ".").last ?? "") }
    /// Whether the request names a record at all.
    var namesRecord: Bool { json.contains(Self.idMark) }

    /// The same request about the record `id`.
    func about(_ id: String) -> Attempt {
        var copy = self
        copy.json = json.replacing(Self.idMark, with: id)
        return copy
    }

    /// Stands for the id in a request.
    private static let idMark = "$ID"
    /// The id of a run that has published.
    static let published = "01990000-0000-7000-8000-0000000000fe"
    /// The id of something that a request cannot do without, beside the record it is about.
    static let other = "01990000-0000-7000-8000-0000000000ff"

    // MARK: Records

    /// What each verb of a record needs of its table, and its request without what names the record.
    private static let verbs: [String: (operation: String, json: String)] = [
        "get": ("read", #"{"id": "$ID"}"#), "list": ("read", #"{"pageSize": 1000}"#),
        // In no form that exists: it is not written, but refused behind the access rules.
        "export": ("read", #"{"format": "none"}"#), "list_activity": ("read", #"{"id": "$ID"}"#),
        "create": ("create", #"{"$RECORD": {}}"#), "batch_create": ("create", #"{"$RECORDS": [{}]}"#),
        "update": ("write", #"{"$RECORD": {"id": "$ID"}}"#),
        "batch_update": ("write", #"{"$RECORDS": [{"id": "$ID"}]}"#),
        "batch_reassign": ("write", #"{"records": [{"id": "$ID"}], "assignedTo": "$USER"}"#),
        "delete": ("delete", #"{"id": "$ID"}"#), "close": ("write", #"{"id": "$ID", "closeNotes": "x"}"#),
        "cancel": ("write", #"{"id": "$ID", "closeNotes": "x"}"#), "reopen": ("write", #"{"id": "$ID"}"#),
        "assign_to_me": ("write", #"{"id": "$ID"}"#), "add_comment": ("comment", #"{"id": "$ID", "text": "x"}"#),
        "add_work_note": ("note", #"{"id": "$ID", "text": "x"}"#),
        "begin_attachment": ("attach", #"{"id": "$ID", "fileName": "a.txt", "sizeBytes": 3}"#),
        "append_attachment": ("attach", #"{"id": "$ID", "attachment": "$ID", "content": "YQ=="}"#),
        "complete_attachment": ("attach", #"{"id": "$ID", "attachment": "$ID"}"#),
        "list_attachments": ("read", #"{"id": "$ID"}"#),
        "read_attachment": ("read", #"{"id": "$ID", "attachment": "$ID"}"#),
        "update_attachment": ("mark", #"{"id": "$ID", "attachment": "$ID"}"#),
        // Whoever may attach removes what they have sent; who removes what others have, AttachmentTests of onboarding asks.
        "delete_attachment": ("attach", #"{"id": "$ID", "attachment": "$ID"}"#),
    ]

    /// The request of a method; nil when nobody says how it is tried.
    static func of(_ method: MethodInfo, _ schemas: [RecordSchema]) -> Attempt? {
        let parts = method.subject.split(separator: ".").suffix(2).map(String.init)
        let name = parts.joined(separator: ".")
        if let own = own["\(method.service).\(name)"] ?? triggers["\(method.service).\(name)"] ?? everywhere[name]
            ?? administration[name]
            ?? runs(over: playbookParents[method.service] ?? "")[name]
            ?? actions(for: actionTables[method.service] ?? "")[name] ?? others[name]
        {
            let table = own.table ?? schemas.first { $0.collection == parts[0] }?.table ?? ""
            return Attempt(
                subject: method.subject, json: own.json, need: own.need, table: table, isFoundFirst: own.isFoundFirst)
        }
        guard let schema = schemas.first(where: { $0.collection == parts[0] }), let verb = verbs[parts[1]] else {
            return nil
        }
        let need: Need =
            switch verb.operation {
            // Work notes are the provider's (G-28).
            case "note": .provider("write", on: schema.table)
            case "comment": .operation("create", on: "\(schema.table).comments")
            case "attach": .operation("create", on: "\(schema.table).attachments")
            case "mark": .operation("write", on: "\(schema.table).attachments")
            default: .operation(verb.operation, on: schema.table)
            }
        let json = verb.json.replacing("$RECORDS", with: camel(schema.collection))
            .replacing("$RECORD", with: camel(schema.table)).replacing("$USER", with: uuid())
        return Attempt(subject: method.subject, json: json, need: need, table: schema.table, isFoundFirst: false)
    }

    /// The name of a field in JSON.
    static func camel(_ name: String) -> String {
        let words = name.split(separator: "_")
        return words.prefix(1).joined() + words.dropFirst().map { $0.prefix(1).uppercased() + $0.dropFirst() }.joined()
    }

    // MARK: Methods of their own

    typealias Own = (json: String, need: Need, table: String?, isFoundFirst: Bool)

    static func own(
        _ json: String, _ need: Need, of table: String? = nil, isFoundFirst: Bool = false
    ) -> Own { (json, need, table, isFoundFirst) }

    /// The row of an import: what its task allows. The contact of a task that is visible is a story of its own (G-15,
    /// G-23).
    private static func row(_ json: String, _ operation: String = "write", of table: String = "import_task") -> Own {
        (json, .provider(operation, on: "staging_row"), table, true)
    }

    /// A step of the import builder: it also takes the right to make activity definitions (G-72).
    private static func building(_ json: String) -> Own {
        own(json, .working("write", on: "import_builder", over: "activity_definition"))
    }

    /// What several services answer alike.
    private static let everywhere: [String: Own] = [
        "dictionary.describe": own("{}", .nothing), "replicas.list": own("{}", .provider("read", on: "replica")),
        "health.show": own("{}", .provider("read", on: "service_health")),
        "jobs.run_now": own(#"{"job": "none"}"#, .administrator),
        "replicas.rebuild": own(#"{"table": "none"}"#, .provider("write", on: "replica")),
    ]

    private static let own: [String: Own] = [
        "onboarding.customer_accounts.escalate": own(#"{"id": "$ID"}"#, .operation("write", on: "customer_account")),
        "onboarding.customer_accounts.deescalate": own(#"{"id": "$ID"}"#, .operation("write", on: "customer_account")),
        "onboarding.records.resolve": own(
            #"{"table": "customer_contact", "field": "email", "account": "\#(Tested.account)", "values": ["x"]}"#,
            .operation("read", on: "customer_contact")),
        "onboarding.records.publish": own(
            #"{"targetTable": "location", "account": "$ID", "columns": ["name"]}"#,
            .provider("create", on: "location"), of: "customer_account"),
        "onboarding.records.settle_publish": own(
            #"{"domain": "/provider/", "subject": "x", "request": {"requestId": "\#(other)"}}"#, .service),
        "onboarding.records.unpublish": own(
            #"{"targetTable": "location", "account": "$ID"}"#, .service, of: "customer_account"),
        "onboarding.records.settle_unpublish": own(
            #"{"domain": "/provider/", "subject": "x", "request": {"requestId": "\#(other)"}}"#, .service),
        "customer-success.records.find_references": own(#"{"table": "contract"}"#, .service),
        "onboarding.playbook_activities.check_closing": own(#"{"table": "import_task"}"#, .service),
        "customer-success.playbook_activities.check_closing": own(#"{"table": "success_task"}"#, .service),
        "onboarding.pages.landing": own("{}", .provider("read", on: "onboarding_landing_page")),
        "onboarding.pages.list_card": own(
            #"{"card": "active_tasks"}"#, .provider("read", on: "onboarding_landing_page")),
        "onboarding.pages.case": own(
            #"{"id": "$ID"}"#, .provider("read", on: "onboarding_case"), of: "onboarding_case"),
        "onboarding.pages.task": own(
            #"{"id": "$ID"}"#, .provider("read", on: "lifecycle_task"), of: "lifecycle_task"),
        "onboarding.pages.import": own(
            #"{"id": "$ID"}"#, .provider("read", on: "lifecycle_task"), of: "import_task"),
        "onboarding.pages.portal": own("{}", .operation("read", on: "onboarding_case")),
        "onboarding.pages.list_portal": own(#"{"list": "my_tasks"}"#, .operation("read", on: "onboarding_case")),
        "onboarding.pages.portal_case": own(
            #"{"id": "$ID"}"#, .operation("read", on: "onboarding_case"), of: "onboarding_case"),
        "onboarding.pages.list_portal_tasks": own(
            #"{"id": "$ID"}"#, .operation("read", on: "onboarding_case"), of: "onboarding_case"),
        "onboarding.pages.portal_task": own(
            #"{"id": "$ID"}"#, .operation("read", on: "lifecycle_task"), of: "lifecycle_task"),
        "onboarding.records.search": own(#"{"text": "x"}"#, .operation("read", on: "onboarding_case")),
        "import-validation.records.search": own(#"{"text": "x"}"#, .operation("read", on: "import_task")),
        "customer-success.records.search": own(
            #"{"text": "x"}"#,
            .reading([
                "engagement", "success_objective", "success_outcome", "success_milestone", "success_initiative",
                "success_case", "success_task", "touchpoint", "internal_play", "internal_play_task", "risk_signal",
                "opportunity", "response_template", "service_definition",
            ])),
        "play-launcher.records.search": own(
            #"{"text": "x"}"#, .reading(["definition_record", "flow_run", "ale_choice", "flow_definition"])),
        "notifier.records.search": own(
            #"{"text": "x"}"#,
            .reading(["in_app_notification", "success_launcher_notifier", "email_template", "email_delivery"])),
        "import-validation.pages.portal_task": own(
            #"{"id": "$ID"}"#, .operation("read", on: "import_task"), of: "import_task"),
        "onboarding.exports.read": own(#"{"token": "none"}"#, .nothing),
        // One's own.
        "onboarding.saved_views.list": own("{}", .nothing, of: "saved_view"),
        "onboarding.saved_views.save": own(#"{"list": "x", "name": "x"}"#, .nothing, of: "saved_view"),
        "onboarding.saved_views.remove": own(#"{"id": "$ID"}"#, .nothing, of: "saved_view"),
        "onboarding.users.get_standing": own(#"{"id": "$ID"}"#, .service),

        "import-validation.import_tasks.download_template": own(
            #"{"id": "$ID"}"#, .operation("read", on: "import_task")),
        "import-validation.uploads.begin": row(#"{"importTask": "$ID", "fileName": "a.csv", "sizeBytes": 3}"#),
        "import-validation.uploads.append": row(#"{"id": "$ID", "content": "YQ=="}"#, of: "upload"),
        "import-validation.uploads.complete": row(#"{"id": "$ID"}"#, of: "upload"),
        "import-validation.uploads.preview": row(#"{"id": "$ID"}"#, of: "upload"),
        "import-validation.import_tasks.import": row(#"{"id": "$ID", "uploads": ["\#(other)"]}"#),
        "import-validation.import_tasks.get_mapping": row(#"{"id": "$ID"}"#),
        "import-validation.import_tasks.save_mapping": row(#"{"id": "$ID", "sheet": "x"}"#),
        "import-validation.import_tasks.validate": row(#"{"id": "$ID"}"#),
        "import-validation.import_tasks.publish": row(#"{"id": "$ID", "allReady": true}"#),
        "import-validation.import_tasks.plan": row(#"{"id": "$ID", "allReady": true}"#),
        "import-validation.import_tasks.undo": row(#"{"id": "$ID", "importRun": "\#(published)"}"#),
        "import-validation.plan_rows.list": row(#"{"plan": "$ID"}"#, "read", of: "import_plan"),
        "import-validation.published_rows.list": row(#"{"importRun": "$ID"}"#, "read", of: "publication"),
        "import-validation.published_rows.get_lineage": row(
            #"{"table": "location", "record": "$ID"}"#, "read", of: "publication"),
        "import-validation.import_tasks.start_over": row(#"{"id": "$ID", "confirm": true}"#),
        "import-validation.import_tasks.summarize": row(#"{"id": "$ID"}"#, "read"),
        "import-validation.staging_rows.get": row(#"{"id": "$ID"}"#, "read", of: "staging_row"),
        "import-validation.staging_rows.list": row(#"{"importTask": "$ID"}"#, "read"),
        "import-validation.staging_rows.count_errors": row(#"{"importTask": "$ID"}"#, "read"),
        "import-validation.staging_rows.export_errors": row(#"{"importTask": "$ID"}"#, "read"),
        "import-validation.exports.read": own(#"{"token": "none"}"#, .nothing),
        "import-validation.import_runs.cancel": row(#"{"id": "$ID"}"#, of: "import_run"),
        "import-validation.staging_rows.update": row(
            #"{"id": "$ID", "cells": [{"field": "name", "value": "x"}]}"#, of: "staging_row"),
        "import-validation.staging_rows.batch_update": row(
            #"{"rows": [{"id": "$ID", "cells": [{"field": "name", "value": "x"}]}]}"#, of: "staging_row"),
        "import-validation.staging_rows.replace_value": row(
            #"{"id": "$ID", "field": "name", "value": "x", "replacement": "y"}"#),

        "import-validation.import_builders.create": own(
            #"{"importBuilder": {}}"#, .working("create", on: "import_builder", over: "activity_definition"),
            of: "import_builder"),
        "import-validation.import_builders.update": building(#"{"importBuilder": {"id": "$ID"}}"#),
        "import-validation.import_builders.get_state": own(#"{"id": "$ID"}"#, .operation("read", on: "import_builder")),
        "import-validation.import_builders.get_template": own(
            #"{"id": "$ID"}"#, .operation("read", on: "import_builder")),
        "import-validation.import_builders.save_template": building(#"{"id": "$ID"}"#),
        "import-validation.import_builders.save_data_source": building(#"{"id": "$ID"}"#),
        "import-validation.import_builders.save_transform_map": building(#"{"id": "$ID"}"#),
        "import-validation.import_builders.confirm_checks": building(#"{"id": "$ID"}"#),
        "import-validation.import_builders.save_views": building(#"{"id": "$ID"}"#),
        "import-validation.import_builders.try": building(#"{"id": "$ID", "fileName": "a.csv", "content": "YQ=="}"#),
        "import-validation.data_validation_assists.run": own(
            #"{"dataValidationAssist": {}}"#, .provider("write", on: "data_validation_assist")),
        "import-validation.import_builders.finish": building(#"{"id": "$ID"}"#),

        "customer-success.response_templates.render": own(
            #"{"id": "$ID", "sourceTable": "touchpoint", "sourceRecord": "\#(other)"}"#,
            .operation("read", on: "response_template")),
        "customer-success.success_initiatives.close_initiative": own(
            #"{"id": "$ID", "closeNotes": "x"}"#, .operation("write", on: "success_initiative")),
        "customer-success.pages.landing": own("{}", .report(on: "engagement")),
        "customer-success.pages.list_card": own(#"{"card": "active_engagements"}"#, .report(on: "engagement")),
        "customer-success.pages.engagement": own(
            #"{"id": "$ID"}"#, .operation("read", on: "engagement"), of: "engagement"),
        "customer-success.pages.objective": own(
            #"{"id": "$ID"}"#, .operation("read", on: "success_objective"), of: "success_objective"),
        "customer-success.measurements.write": own(
            // Each value has its result: MeasurementTests tries those of others.
            #"{"source": "x", "values": [{"value": "1"}]}"#, .provider("create", on: "measurement")),
        "customer-success.success_plans.get": own(
            #"{"id": "$ID"}"#, .operation("read", on: "engagement"), of: "engagement"),
        "customer-success.success_plans.export": own(
            #"{"id": "$ID", "format": "none"}"#, .operation("read", on: "engagement"), of: "engagement"),
        "customer-success.pages.portal_case": own(
            #"{"id": "$ID"}"#, .operation("read", on: "success_case"), of: "success_case"),
        "customer-success.pages.portal_initiative": own(
            #"{"id": "$ID"}"#, .operation("read", on: "success_initiative"), of: "success_initiative"),
        "customer-success.pages.portal_touchpoint": own(
            #"{"id": "$ID"}"#, .operation("read", on: "touchpoint"), of: "touchpoint"),
        "customer-success.pages.portal_milestone": own(
            #"{"id": "$ID"}"#, .operation("read", on: "success_milestone"), of: "success_milestone"),
        "customer-success.pages.portal": own("{}", .operation("read", on: "engagement")),
        "customer-success.exports.read": own(#"{"token": "none"}"#, .nothing),

        "play-launcher.plays.list_categories": own(
            #"{"sourceTable": "engagement"}"#, .provider("create", on: "flow_run")),
        "play-launcher.plays.list_blueprints": own("{}", .provider("create", on: "flow_run")),
        "play-launcher.plays.preview": own(
            #"{"definitionRecord": "$ID", "sourceTable": "engagement", "sourceRecord": "\#(other)"}"#,
            .provider("create", on: "flow_run"), of: "definition_record"),
        "play-launcher.plays.describe": own(
            #"{"definitionRecord": "$ID"}"#, .provider("create", on: "flow_run"), of: "definition_record"),
        "play-launcher.plays.begin": own(
            #"{"sourceTable": "engagement", "sourceRecord": "\#(other)"}"#, .provider("create", on: "flow_run")),
        "play-launcher.plays.launch": own(
            #"{"flowRun": "$ID", "definitionRecord": "\#(other)"}"#, .provider("create", on: "flow_run"),
            of: "flow_run"),
        "play-launcher.flow_runs.take_over": own(#"{"id": "$ID"}"#, .provider("create", on: "flow_run")),
        "play-launcher.flow_runs.retry": own(#"{"id": "$ID"}"#, .provider("create", on: "flow_run")),
        "play-launcher.flow_runs.skip_step": own(
            #"{"id": "$ID", "step": "do/a#1", "reason": "Done by hand."}"#, .provider("create", on: "flow_run")),
        "play-launcher.flow_runs.cancel": own(
            #"{"id": "$ID", "reason": "Not wanted."}"#, .provider("create", on: "flow_run")),
        "play-launcher.flow_runs.list_steps": own(#"{"flowRun": "$ID"}"#, .operation("read", on: "flow_run")),

        "notifier.success_launcher_notifiers.list_followed": own(
            "{}", .operation("read", on: "success_launcher_notifier")),
        "notifier.email_templates.list_shipped": own("{}", .operation("write", on: "email_template")),
        "notifier.email_templates.preview": own(
            #"{"key": "record-updated", "sourceRecord": "\#(other)"}"#, .operation("write", on: "email_template")),
        "notifier.in_app_notifications.mark_read": own(
            #"{"id": "$ID"}"#, .operation("write", on: "in_app_notification")),
    ]
}
