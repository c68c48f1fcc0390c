using System.Buffers;
using System.Collections.Concurrent;
using System.Diagnostics.CodeAnalysis;
using System.Reflection;
using Google.Protobuf;
using Microsoft.Extensions.DependencyInjection;
using Orleans.Serialization;
using Orleans.Serialization.Buffers;
using Orleans.Serialization.Cloning;
using Orleans.Serialization.Codecs;
using Orleans.Serialization.Serializers;
using Orleans.Serialization.WireProtocol;

namespace Monitor.Grains.Abstractions;

/// <summary>
/// Lets protobuf messages be arguments and results of grain calls: by their bytes between processes, by reference within one. So a message is frozen once it has
/// been passed or returned.
/// </summary>
[Alias("monitor.protobuf")]
public sealed class ProtobufCodec : IGeneralizedCodec, IGeneralizedCopier, ITypeFilter
{
    private static readonly ConcurrentDictionary<Type, MessageParser> Parsers = [];

    public bool IsSupportedType(Type type) => type == typeof(ProtobufCodec) || (type is { IsClass: true, IsAbstract: false } && type.IsAssignableTo(typeof(IMessage)));

    public bool? IsTypeAllowed(Type type) => IsSupportedType(type) ? true : null;

    public object? DeepCopy(object? input, CopyContext context) => input;

    public void WriteField<TBufferWriter>(ref Writer<TBufferWriter> writer, uint fieldIdDelta, Type? expectedType, object? value)
        where TBufferWriter : IBufferWriter<byte>
    {
        if (ReferenceCodec.TryWriteReferenceField(ref writer, fieldIdDelta, expectedType, value)) return;
        writer.WriteFieldHeader(fieldIdDelta, expectedType, typeof(ProtobufCodec), WireType.TagDelimited);
        ReferenceCodec.MarkValueField(writer.Session);
        writer.WriteFieldHeaderExpected(0, WireType.LengthPrefixed);
        writer.Session.TypeCodec.WriteLengthPrefixed(ref writer, value!.GetType());

        var bytes = ((IMessage)value).ToByteArray();
        ReferenceCodec.MarkValueField(writer.Session);
        writer.WriteFieldHeaderExpected(1, WireType.LengthPrefixed);
        writer.WriteVarUInt32((uint)bytes.Length);
        writer.Write(bytes);
        writer.WriteEndObject();
    }

    public object? ReadValue<TInput>(ref Reader<TInput> reader, Field field)
    {
        if (field.IsReference) return ReferenceCodec.ReadReference(ref reader, field.FieldType);
        field.EnsureWireTypeTagDelimited();
        var placeholder = ReferenceCodec.CreateRecordPlaceholder(reader.Session);
        Type? type = null;
        IMessage? message = null;
        uint fieldId = 0;
        while (true)
        {
            var header = reader.ReadFieldHeader();
            if (header.IsEndBaseOrEndObject) break;
            fieldId += header.FieldIdDelta;
            switch (fieldId)
            {
                case 0:
                    ReferenceCodec.MarkValueField(reader.Session);
                    type = reader.Session.TypeCodec.ReadLengthPrefixed(ref reader);
                    break;
                case 1:
                    ReferenceCodec.MarkValueField(reader.Session);
                    message = ParserOf(type).ParseFrom(reader.ReadBytes(reader.ReadVarUInt32()));
                    break;
                default:
                    reader.ConsumeUnknownField(header);
                    break;
            }
        }

        if (message is null) throw new RequiredFieldMissingException("A protobuf message came without its bytes.");
        ReferenceCodec.RecordObject(reader.Session, message, placeholder);
        return message;
    }

    private static MessageParser ParserOf([NotNull] Type? type)
    {
        if (type is null || !type.IsAssignableTo(typeof(IMessage))) throw new RequiredFieldMissingException("A protobuf message came without its type.");
        return Parsers.GetOrAdd(type, t =>
            (MessageParser)t.GetProperty("Parser", BindingFlags.Public | BindingFlags.Static)!.GetValue(null)!);
    }
}

/// <summary>Registers <see cref="ProtobufCodec"/>, and lets exceptions of ours cross; on silos and on clients.</summary>
public static class ProtobufSerialization
{
    public static ISerializerBuilder AddProtobufMessages(this ISerializerBuilder builder)
    {
        var services = builder.Services;
        services.AddSingleton<ProtobufCodec>();
        services.AddSingleton<IGeneralizedCodec>(s => s.GetRequiredService<ProtobufCodec>());
        services.AddSingleton<IGeneralizedCopier>(s => s.GetRequiredService<ProtobufCodec>());
        services.AddSingleton<ITypeFilter>(s => s.GetRequiredService<ProtobufCodec>());
        builder.Configure(options => options.WellKnownTypeAliases["monitor.protobuf"] = typeof(ProtobufCodec));
        services.Configure<ExceptionSerializationOptions>(options => options.SupportedNamespacePrefixes.Add(nameof(Monitor)));
        return builder;
    }
}
