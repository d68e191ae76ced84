using System.Runtime.InteropServices;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>What becomes of a descriptor that somebody closes who does not own it.</summary>
public enum Stray
{
    /// <summary>The number is nobody's.</summary>
    Closed,

    /// <summary>The number is that of somebody's socket, on which nothing is to be read.</summary>
    Reused,

    /// <summary>The number is that of somebody's socket, on which something is.</summary>
    ReusedAndReadable,
}

/// <summary>
/// Closes descriptors of the library's own behind its back, and holds a socket of somebody else's
/// that got the number: nobody may close that, write to it or take what it has to read.
/// </summary>
internal sealed partial class Strays(Stray kind) : IDisposable
{
    private readonly List<(Sock Foreign, Sock Peer)> _foreign = [];

    public void Close(int fd)
    {
        if (kind == Stray.Closed)
        {
            Assert.Equal(0, LibC.Close(fd));
            return;
        }

        (Sock foreign, Sock peer) = Sock.CreatePair();
        Assert.Equal(fd, Dup2((int)foreign.Get().Value, fd));
        foreign.Dispose();
        _foreign.Add((new Sock(new CSocket(fd)), peer));
        if (kind == Stray.ReusedAndReadable)
        {
            peer.SendComplete("theirs", Within.Long);
        }
    }

    public void Dispose()
    {
        using var failures = new CloseFailures();
        string expected = kind == Stray.ReusedAndReadable ? "theirs" : "";
        foreach ((Sock foreign, Sock peer) in _foreign)
        {
            Assert.Equal(expected, System.Text.Encoding.ASCII.GetString(foreign.RecvNow()));
            Assert.Empty(peer.RecvNow());
            Assert.True(peer.IsConnected(out _));
            foreign.Dispose();
            peer.Dispose();
        }

        Assert.Equal(0, failures.Count);
    }

    [LibraryImport("libc", EntryPoint = "dup2")]
    private static partial int Dup2(int fd, int number);
}
