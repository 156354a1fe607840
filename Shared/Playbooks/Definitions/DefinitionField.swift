/// The fields of definitions, as files, masks and faults name them.
enum DefinitionField: String {
    case active, activities, after, assignee, calendar, calendars, choices, columns, condition, creates, days
    case `default`, description, due, en, event, expression, field, fields, from, holidays, inputs, key, kind
    case ko, label, lanes, localized, mandatory, optional, playbook, reference, responsibility, start, table
    case text, trigger, type, user, value, when
    case builtIn = "built_in"
    case canceledCondition = "canceled_condition"
    case closedCondition = "closed_condition"
    case fromField = "from_field"
    case referenceFilter = "reference_filter"
    case switchedOff = "switched_off"
    case workingDays = "working_days"
}
