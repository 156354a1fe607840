// Who works with records writes transactions and hears events: what records stand on comes with them.
@_exported import Events
@_exported import Ground
