using System.Net.Sockets;

namespace BitcoinSock.Field.Faults;

/// <summary>Sends to a peer that is slower; what that has at the end is what was counted.</summary>
internal sealed record Sending(
    string Operation,
    string Call,
    AddressFamily Family = AddressFamily.Unix,
    WaitMechanism Mechanism = WaitMechanism.Poll,
    Func<Sock, byte[], SockOutcome>? Send = null
) : Subject(Operation, Call, Many)
{
    private const int Length = 384 * 1024;
    private const int Buffer = 8 * 1024;
    private const int Message = 4 * 1024;
    private const int Header = 24;

    /// <summary>In messages, each with a header.</summary>
    public static SockOutcome InTwoParts(Sock sock, byte[] payload) =>
        InMessages(
            payload,
            message =>
                sock.TrySendComplete(message.Span[..Header], message.Span[Header..], Deadline)
        );

    /// <summary>Awaited: what is traced is how each message begins, and is armed.</summary>
    public static SockOutcome Awaited(Sock sock, byte[] payload) =>
        InMessages(
            payload,
            message => sock.TrySendCompleteAsync(message, Deadline).AsTask().Result
        );

    private static SockOutcome InMessages(byte[] payload, Func<Memory<byte>, SockOutcome> send)
    {
        int sent = 0;
        SockOutcome outcome = default;
        while (sent < payload.Length && outcome.IsOk)
        {
            outcome = send(payload.AsMemory(sent, Message));
            sent += outcome.Count;
        }

        return outcome with
        {
            Count = sent,
        };
    }

    public override Seen Run(Injection injection)
    {
        (Sock near, Sock far) = Sock.CreatePair(Family);
        using Sock closing = far;
        near.Mechanism = Mechanism;
        near.SetSockOpt(SocketOptionLevel.Socket, SocketOptionName.SendBuffer, Buffer);
        far.SetSockOpt(SocketOptionLevel.Socket, SocketOptionName.ReceiveBuffer, Buffer);
        byte[] payload = Payload(Length);
        using var got = new MemoryStream();
        var victim = new Victim(near, SockEvents.Send);
        var peer = new Thread(() => ReadSlowly(far, got, victim));
        (SockOutcome outcome, TracedCalls calls) = Traced.Run(
            injection,
            () =>
            {
                using Sock ending = near;
                return victim.Run(
                    peer,
                    () =>
                        Send is null ? near.TrySendComplete(payload, Deadline) : Send(near, payload)
                );
            }
        );
        peer.Join();
        bool isExact = got.ToArray().AsSpan().SequenceEqual(payload.AsSpan(0, outcome.Count));
        string? wrong = isExact ? null : $"counted {outcome.Count}, the peer has {got.Length}";
        return new Seen(Tell(outcome), Judge(injection, outcome) ?? wrong, calls.Injected);
    }

    // A sip when there is no room for more.
    private static void ReadSlowly(Sock sock, MemoryStream got, Victim sender)
    {
        byte[] buffer = new byte[Buffer];
        SockResult result;
        do
        {
            sender.WaitUntilBlocked();
            result = sock.Recv(buffer);
            got.Write(buffer, 0, Math.Max(result.Count, 0));
        } while (result.Count > 0);
    }
}
