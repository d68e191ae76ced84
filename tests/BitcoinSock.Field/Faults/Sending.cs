using System.Net.Sockets;

namespace BitcoinSock.Field.Faults;

/// <summary>Sends to a peer that is slower; what that has at the end is what was counted.</summary>
internal sealed record Sending(
    string Operation,
    string Call,
    AddressFamily Family = AddressFamily.Unix,
    WaitMechanism Mechanism = WaitMechanism.Poll,
    bool InTwoParts = false
) : Subject(Operation, Call, Many)
{
    private const int Length = 384 * 1024;
    private const int Buffer = 8 * 1024;
    private const int Message = 4 * 1024;
    private const int Header = 24;

    public override Seen Run(Injection injection)
    {
        (Sock near, Sock far) = Sock.CreatePair(Family);
        using Sock closing = far;
        near.Mechanism = Mechanism;
        near.SetSockOpt(SocketOptionLevel.Socket, SocketOptionName.SendBuffer, Buffer);
        far.SetSockOpt(SocketOptionLevel.Socket, SocketOptionName.ReceiveBuffer, Buffer);
        byte[] payload = Payload(Length);
        using var got = new MemoryStream();
        var peer = new Thread(() => ReadSlowly(far, got, near));
        (SockOutcome outcome, TracedCalls calls) = Traced.Run(
            injection,
            () =>
            {
                peer.Start();
                SockOutcome outcome = InTwoParts
                    ? SendMessages(near, payload)
                    : near.TrySendComplete(payload, Deadline);
                near.Dispose();
                return outcome;
            }
        );
        peer.Join();
        bool isExact = got.ToArray().AsSpan().SequenceEqual(payload.AsSpan(0, outcome.Count));
        string? wrong = isExact ? null : $"counted {outcome.Count}, the peer has {got.Length}";
        return new Seen(Tell(outcome), Judge(injection, outcome) ?? wrong, calls.Injected);
    }

    // Each with a header.
    private static SockOutcome SendMessages(Sock sock, byte[] payload)
    {
        int sent = 0;
        SockOutcome outcome = default;
        while (sent < payload.Length && outcome.IsOk)
        {
            Span<byte> message = payload.AsSpan(sent, Message);
            outcome = sock.TrySendComplete(message[..Header], message[Header..], Deadline);
            sent += outcome.Count;
        }

        return outcome with
        {
            Count = sent,
        };
    }

    // A sip when there is no room for more, and a little later: who sends is blocked every time.
    private static void ReadSlowly(Sock sock, MemoryStream got, Sock sender)
    {
        byte[] buffer = new byte[Buffer];
        SockResult result;
        do
        {
            do
            {
                Thread.Sleep(1);
            } while (sender.Wait(TimeSpan.Zero, SockEvents.Send, out _).Count > 0);

            result = sock.Recv(buffer);
            got.Write(buffer, 0, Math.Max(result.Count, 0));
        } while (result.Count > 0);
    }
}
