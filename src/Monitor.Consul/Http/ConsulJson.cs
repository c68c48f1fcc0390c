using System.Text.Json.Serialization;

namespace Monitor.Consul.Http;

[JsonSerializable(typeof(bool))]
[JsonSerializable(typeof(KeyValue[]))]
[JsonSerializable(typeof(TransactionOperation[]))]
[JsonSerializable(typeof(TransactionAnswer))]
[JsonSerializable(typeof(ServiceRegistration))]
[JsonSerializable(typeof(ServiceEntry[]))]
[JsonSerializable(typeof(Dictionary<string, string[]>))]
internal sealed partial class ConsulJson : JsonSerializerContext;
