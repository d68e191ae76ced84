using System.Net.Sockets;

namespace BitcoinSock.Field.Faults;

/// <summary>
/// Receives from a peer that is slower; what was handed over and what is still to read are together
/// what the peer sent. The operation reads into a buffer as long as that, and counts what it
/// consumed.
/// </summary>
internal sealed record Receiving(
    string Operation,
    string Call,
    Func<Sock, byte[], SockOutcome> Read,
    AddressFamily Family = AddressFamily.Unix,
    WaitMechanism Mechanism = WaitMechanism.Poll
) : Subject(Operation, Call, Many)
{
    private const byte Newline = (byte)'\n';
    private const int Line = 96; // with its end
    private const int Chunk = 64;
    private const int Chunks = 48;

    public static SockOutcome Exactly(Sock sock, byte[] buffer) =>
        sock.TryRecvComplete(buffer, Deadline);

    public static SockOutcome Lines(Sock sock, byte[] buffer) =>
        OneByOne(buffer, room => sock.TryRecvUntilTerminator(Newline, room.Span, Deadline));

    public static SockOutcome Frames(Sock sock, byte[] buffer)
    {
        var reader = new FrameReader(sock, Newline, Line);
        return OneByOne(
            buffer,
            room =>
            {
                SockOutcome outcome = reader.TryRead(out ReadOnlySpan<byte> frame, Deadline);
                frame.CopyTo(room.Span);
                room.Span[frame.Length..][..(outcome.IsOk ? 1 : 0)].Fill(Newline);
                return outcome;
            }
        );
    }

    /// <summary>Awaited: what is traced is how each line begins, and is armed.</summary>
    public static SockOutcome LinesAwaited(Sock sock, byte[] buffer) =>
        OneByOne(
            buffer,
            room => sock.TryRecvUntilTerminatorAsync(Newline, room, Deadline).AsTask().Result
        );

    public override Seen Run(Injection injection)
    {
        (Sock near, Sock far) = Sock.CreatePair(Family);
        using Sock closing = near;
        near.Mechanism = Mechanism;
        byte[] payload = Payload(Chunk * Chunks);
        for (int i = 0; i < payload.Length; i++)
        {
            bool isEnd = (i + 1) % Line == 0;
            payload[i] = isEnd ? Newline : (byte)(payload[i] | 0x80);
        }

        byte[] got = new byte[payload.Length];
        var victim = new Victim(near, SockEvents.Recv);
        var peer = new Thread(() => WriteSlowly(far, payload, victim));
        (SockOutcome outcome, TracedCalls calls) = Traced.Run(
            injection,
            () => victim.Run(peer, () => Read(near, got))
        );
        peer.Join();
        SockOutcome rest = near.TryRecvComplete(got.AsSpan(outcome.Count), Deadline);
        bool isAll = rest.IsOk && got.AsSpan().SequenceEqual(payload);
        string? wrong = isAll ? null : $"{outcome.Count} bytes, then {rest}: not what was sent";
        return new Seen(Tell(outcome), Judge(injection, outcome) ?? wrong, calls.Injected);
    }

    private static SockOutcome OneByOne(byte[] buffer, Func<Memory<byte>, SockOutcome> read)
    {
        for (int consumed = 0; consumed < buffer.Length; consumed += Line)
        {
            SockOutcome line = read(buffer.AsMemory(consumed, Line));
            if (!line.IsOk)
            {
                return line with { Count = consumed + line.Count };
            }
        }

        return new SockOutcome(SockStatus.Ok, buffer.Length, 0);
    }

    // A piece when all before it was taken.
    private static void WriteSlowly(Sock sock, byte[] payload, Victim reader)
    {
        using (sock)
        {
            for (int i = 0; i < Chunks; i++)
            {
                sock.Send(payload.AsSpan(i * Chunk, Chunk), SockFlags.NoSignal);
                reader.WaitUntilBlocked();
            }
        }
    }
}
