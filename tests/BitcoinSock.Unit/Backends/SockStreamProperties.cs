using Xunit;

namespace BitcoinSock.Unit;

public class SockStreamProperties
{
    public enum Call
    {
        Span,
        Array,
        OneByte,
        Awaited,
        Begun,
    }

    [Property(60)]
    public async Task What_is_written_in_any_parts_is_read_in_any_parts(
        bool isManaged,
        byte[] data,
        (Call, byte)[] writes,
        (Call, byte)[] reads
    )
    {
        (Sock first, Sock second) = Sock.CreatePair();
        ISock near = isManaged ? new ManagedSock(first.ToSocket()) : first;
        ISock far = isManaged ? new ManagedSock(second.ToSocket()) : second;
        using Stream writer = near.AsStream();
        using Stream reader = far.AsStream();
        int sent = 0;
        foreach ((Call call, byte size) in writes)
        {
            byte[] part = data[sent..Math.Min(sent + size, data.Length)];
            sent += await Write(writer, call, part);
        }

        near.ShutdownSend();
        List<byte> read = [];
        foreach ((Call call, byte size) in reads)
        {
            read.AddRange(await Read(reader, call, 1 + size % 20));
        }

        // What the drawn reads have left, and then the end.
        var rest = new MemoryStream();
        await reader.CopyToAsync(rest, TestContext.Current.CancellationToken);
        Assert.Equal(data[..sent], read.Concat(rest.ToArray()));
        Assert.Equal(-1, reader.ReadByte());
    }

    private static async Task<int> Write(Stream stream, Call call, byte[] part)
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        switch (call)
        {
            case Call.OneByte:
                part = part[..Math.Min(part.Length, 1)];
                Array.ForEach(part, stream.WriteByte);
                break;
            case Call.Span:
                stream.Write(part);
                break;
            case Call.Array:
                stream.Write([0, .. part, 0], 1, part.Length);
                break;
            case Call.Awaited:
                await stream.WriteAsync(part, stop);
                break;
            default:
                stream.EndWrite(stream.BeginWrite([0, .. part, 0], 1, part.Length, null, null));
                break;
        }

        return part.Length;
    }

    private static async Task<byte[]> Read(Stream stream, Call call, int size)
    {
        CancellationToken stop = TestContext.Current.CancellationToken;
        byte[] buffer = new byte[1 + size];
        int count = 0;
        switch (call)
        {
            case Call.OneByte:
                int one = stream.ReadByte();
                return one < 0 ? [] : [(byte)one];
            case Call.Span:
                count = stream.Read(buffer.AsSpan(1));
                break;
            case Call.Array:
                count = stream.Read(buffer, 1, size);
                break;
            case Call.Awaited:
                count = await stream.ReadAsync(buffer.AsMemory(1), stop);
                break;
            default:
                count = stream.EndRead(stream.BeginRead(buffer, 1, size, null, null));
                break;
        }

        return buffer[1..(1 + count)];
    }
}
