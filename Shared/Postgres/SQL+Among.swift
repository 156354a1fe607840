extension SQL {
    /// What follows a column that names one of some records: `= $1` of one, `= ANY($1)` of several.
    ///
    /// By equality the plan is kept and goes by the index of the column, whatever the server expects of the table; of a list
    /// it is made anew each time, and of a table that is new it may read all that lies in a domain.
    public static func among(_ ids: [String]) -> SQL {
        if ids.count == 1, let id = ids.first { return "= \(id)::uuid" }
        return "= ANY(\(ids)::uuid[])"
    }
}
