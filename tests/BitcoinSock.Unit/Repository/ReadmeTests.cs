using System.Net.Security;
using System.Net.Sockets;
using System.Security.Cryptography.X509Certificates;
using System.Text;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>
/// The README's examples, run.
/// </summary>
public class ReadmeTests
{
    [Fact]
    public void A_whole_program()
    {
        (Sock first, Sock second) = Sock.CreatePair();
        using Sock near = first,
            far = second;
        TimeSpan within = TimeSpan.FromSeconds(5);
        near.SendComplete("HELLO\nand more", within);
        Console.WriteLine(far.RecvUntilTerminator((byte)'\n', within, default, maxData: 100));
        byte[] more = new byte[8];
        far.RecvComplete(more, within);
        Console.WriteLine(Encoding.UTF8.GetString(more));
        Assert.Equal("and more"u8, more);
    }

    [Fact]
    public void Ownership()
    {
        using Sock sock = Sock.Create(AddressFamily.InterNetwork);
        var other = new Sock();
        other.AssignFrom(sock); // a move: sock is empty now, and answers every call with EBADF
        CSocket descriptor = other.Release(); // open, and ours to close
        using var owner = new Sock(descriptor); // closed at the end of the scope, exactly once
        Assert.True(sock.IsEmpty && other.IsEmpty && !owner.IsEmpty);
    }

    [Fact]
    public void A_complete_send()
    {
        (Sock first, Sock far) = Sock.CreatePair();
        using Sock sock = first;
        byte[] message = new byte[20_000_000];
        var interrupt = new ThreadInterrupt(); // raised by another thread, on Ctrl+C for instance
        var log = new StringWriter();
        int sent = 0;

        try
        {
            sock.SendComplete(message, TimeSpan.FromSeconds(0.1), interrupt);
        }
        catch (SockException e) when (e.Status == SockStatus.Timeout)
        {
            // Send timeout (sent only 219264 of 20000000 bytes before that)
            log.WriteLine(e.Message);
            sent = e.Count; // so many bytes the peer can drain, not one more or less
        }

        // The rest, without exceptions; zero is one try.
        SockOutcome outcome = sock.TrySendComplete(message.AsSpan(sent), TimeSpan.Zero, interrupt);
        Assert.Equal(SockStatus.Timeout, outcome.Status);
        Assert.StartsWith("Send timeout (sent only ", log.ToString(), StringComparison.Ordinal);
        far.Dispose();
    }

    [Fact]
    public void Many_frames()
    {
        (Sock sock, Sock peer) = Sock.CreatePair();
        var interrupt = new ThreadInterrupt();
        var handled = new List<string>();
        peer.SendComplete("one\ntwo\nthree\n<binary>", TimeSpan.FromSeconds(1));

        var reader = new FrameReader(sock, (byte)'\n', maxFrame: 65536);
        ReadOnlySpan<byte> frame = reader.Read(TimeSpan.FromSeconds(3), interrupt); // one call each

        var ranges = new Range[256];
        FrameBatch batch = reader.ReadBatch(ranges, TimeSpan.FromSeconds(3), interrupt); // 2 calls
        for (int i = 0; i < batch.Count; i++)
        {
            Handle(batch[i]);
        }

        Assert.Equal(3, frame.Length);
        Assert.Equal(["two", "three"], handled);
        Assert.Equal("<binary>"u8, sock.RecvNow());
        peer.Dispose();
        sock.Dispose();

        void Handle(ReadOnlySpan<byte> frame) => handled.Add(Encoding.UTF8.GetString(frame));
    }

    [Fact]
    public void Many_sockets()
    {
        (Sock sock, Sock peer) = Sock.CreatePair();
        var interrupt = new ThreadInterrupt();
        var served = new List<object?>();
        peer.SendComplete("hello", TimeSpan.FromSeconds(1));

        using var poller = new SockPoller();
        poller.Add(sock, SockEvents.Recv, state: "first");
        var ready = new ReadySock[64];
        SockResult found = poller.Wait(ready, TimeSpan.FromSeconds(1), interrupt);
        foreach (ReadySock each in ready.AsSpan(0, Math.Max(found.Count, 0)))
        {
            Serve(each.Sock, each.Occurred, each.State);
        }

        Assert.Equal(["first"], served);
        sock.Dispose();
        peer.Dispose();

        void Serve(Sock one, SockEvents occurred, object? state)
        {
            Assert.Equal(SockEvents.Recv, occurred);
            Assert.Equal("hello"u8, one.RecvNow());
            served.Add(state);
        }
    }

    [Fact]
    public async Task Awaiting()
    {
        (Sock sock, Sock peer) = Sock.CreatePair();
        byte[] message = "hello"u8.ToArray();
        CancellationToken cancellation = TestContext.Current.CancellationToken;
        peer.SendComplete("welcome\n", TimeSpan.FromSeconds(1));

        string greeting = await sock.RecvUntilTerminatorAsync(
            (byte)'\n',
            TimeSpan.FromSeconds(3),
            cancellation,
            maxData: 65536
        );
        SockOutcome sent = await sock.TrySendCompleteAsync(message, TimeSpan.FromSeconds(3));
        Assert.Equal("welcome", greeting);
        Assert.True(sent.IsOk);
        Assert.Equal("hello"u8, peer.RecvNow());

        Socket socket = sock.ToSocket();
        using var managed = new ManagedSock(socket);
        await managed.SendCompleteAsync("hello\n", TimeSpan.FromSeconds(3));
        Assert.Equal("hello\n"u8, peer.RecvNow());
        peer.Dispose();
    }

    [Fact(
        Skip = "Wine 8 makes no key for a certificate",
        SkipType = typeof(Wine),
        SkipWhen = nameof(Wine.IsHere)
    )]
    public async Task Hand_over_to_a_stream()
    {
        (Sock sock, Sock peer) = Sock.CreatePair();
        Task<SslStream> server = Task.Run(() => Tls.ServeAsync(peer.AsStream()));

        using Stream plain = sock.AsStream(); // or a NetworkStream of sock.ToSocket()
        using var tls = new SslStream(plain, false, (_, shown, _, _) => IsTheirs(shown));
        tls.AuthenticateAsClient("localhost");
        using var secure = new StreamSock(tls); // the operations again, now over TLS
        secure.SendComplete("who is there?\n", TimeSpan.FromSeconds(3));
        using var other = new StreamSock(await server);
        Assert.Equal(
            "who is there?",
            other.RecvUntilTerminator((byte)'\n', Within.Long, default, 100)
        );

        static bool IsTheirs(X509Certificate? certificate) => certificate is not null;
    }

    [Fact]
    public void A_line_and_what_follows_it()
    {
        (Sock sock, Sock peer) = Sock.CreatePair();
        var interrupt = new ThreadInterrupt();

        peer.SendComplete("HELLO REPLY RESULT=OK VERSION=3.1\n<binary>", TimeSpan.FromSeconds(1));

        string line = sock.RecvUntilTerminator(
            (byte)'\n',
            TimeSpan.FromSeconds(3),
            interrupt,
            maxData: 65536
        );
        byte[] header = new byte[8];
        sock.RecvComplete(header, TimeSpan.FromSeconds(3), interrupt); // what follows the line

        Assert.Equal("HELLO REPLY RESULT=OK VERSION=3.1", line);
        Assert.Equal("<binary>"u8, header);
        sock.Dispose();
        peer.Dispose();
    }

    [Fact]
    public void A_probe()
    {
        (Sock first, Sock peer) = Sock.CreatePair();
        using Sock sock = first;
        peer.Dispose();

        if (!sock.IsConnected(out string why))
        {
            Console.WriteLine($"gone: {why}"); // gone: closed
        }

        Assert.Equal("closed", why);
    }

    [Fact]
    public void Readiness()
    {
        (Sock first, Sock far) = Sock.CreatePair();
        using Sock sock = first;
        var interrupt = new ThreadInterrupt();
        bool mayRead = false;

        SockResult result = sock.Wait(
            TimeSpan.FromSeconds(1),
            SockEvents.Recv | SockEvents.Send,
            out SockEvents occurred,
            interrupt
        );
        if (result.IsError)
        {
            Console.WriteLine(NetworkError.NetworkErrorString(result.Error));
        }
        else
        {
            mayRead = (occurred & SockEvents.Recv) != 0; // None at all: the second is over
        }

        Assert.Equal(SockEvents.Send, occurred);
        Assert.False(mayRead);
        far.Dispose();
    }

    [Fact]
    public void A_backend_of_your_own()
    {
        ISock sock = new Loopback();
        sock.SendComplete("to myself\n", TimeSpan.FromSeconds(1));
        string line = sock.RecvUntilTerminator((byte)'\n', TimeSpan.FromSeconds(1), default, 100);
        Assert.Equal("to myself", line);
    }

    private sealed class Loopback : ISock
    {
        private readonly List<byte> _pipe = [];

        public SockResult Send(ReadOnlySpan<byte> data, SockFlags flags)
        {
            _pipe.AddRange(data);
            return SockResult.Ok(data.Length);
        }

        public SockResult Recv(Span<byte> buffer, SockFlags flags)
        {
            int count = Math.Min(buffer.Length, _pipe.Count);
            _pipe[..count].CopyTo(buffer);
            _pipe.RemoveRange(0, (flags & SockFlags.Peek) != 0 ? 0 : count);
            return count > 0 ? SockResult.Ok(count) : SockResult.Fail(SocketError.WouldBlock);
        }

        public SockResult Wait(
            TimeSpan timeout,
            SockEvents requested,
            out SockEvents occurred,
            CancellationToken interrupt = default
        )
        {
            bool full = _pipe.Count > 0;
            occurred = requested & (SockEvents.Send | (full ? SockEvents.Recv : SockEvents.None));
            if (occurred == SockEvents.None && interrupt.WaitHandle.WaitOne(timeout))
            {
                return SockResult.Fail(SocketError.Interrupted);
            }

            return SockResult.Ok(occurred == SockEvents.None ? 0 : 1);
        }
    }
}
