namespace Monitor.Consul.Http;

/// <summary>An entry of the key-value store.</summary>
/// <param name="Value">Null where it is empty.</param>
/// <param name="ModifyIndex">Of the write that made it as it is; never 0.</param>
public sealed record KeyValue(string Key, byte[]? Value, ulong ModifyIndex);
