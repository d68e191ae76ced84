using System.Net;
using System.Net.Sockets;
using System.Reflection;
using System.Runtime.Loader;
using Xunit;

namespace BitcoinSock.Unit;

/// <summary>
/// Whatever makes a descriptor, where so many are left and no more: it works, or says why not, and
/// leaves none behind.
/// </summary>
public partial class OwnershipTests
{
    private const int LeftMost = 7; // each of them works then

    private static readonly Dictionary<string, Action> Makers = new()
    {
        ["a socket"] = () => Sock.Create(AddressFamily.InterNetwork).Dispose(),
        ["a pair, unix"] = () => Dispose(Sock.CreatePair(AddressFamily.Unix)),
        ["a pair, IPv4"] = () => Dispose(Sock.CreatePair(AddressFamily.InterNetwork)),
        ["a pair, IPv6"] = () => Dispose(Sock.CreatePair(AddressFamily.InterNetworkV6)),
        ["an accepted one"] = AcceptOne,
        ["a wait"] = WaitBriefly,
        ["a poller"] = () => Use(new SockPoller()),
        ["a poller by poll"] = () => Use(new SockPoller(WaitMechanism.Poll)),
        ["a poller by select"] = () => Use(new SockPoller(WaitMechanism.Select)),
        ["a Socket and back"] = () => HandOver(isAwaited: false),
        ["an awaited Socket and back"] = () => HandOver(isAwaited: true),
    };

    public static IEnumerable<TheoryDataRow<string, int>> Shortages =>
        from maker in Makers.Keys
        from left in Enumerable.Range(0, LeftMost + 1)
        select new TheoryDataRow<string, int>(maker, left);

    [Theory(Skip = "limits descriptors as Linux does", SkipUnless = nameof(OnLinux))]
    [MemberData(nameof(Shortages))]
    public void Who_makes_a_descriptor_says_that_none_is_left_and_leaves_none(
        string maker,
        int left
    )
    {
        Makers[maker](); // what it has loaded, and what is kept, is there now
        using var cold = new NoWakeUps();
        int before = Descriptors.CountHeld();
        using var failures = new CloseFailures();
        SockException? refused = null;
        using (new FewDescriptors(left))
        {
            try
            {
                Makers[maker]();
            }
            catch (SockException none)
            {
                refused = none;
            }
        }

        WakeUp.Rent().Dispose(); // of the waits; the others were rented before
        Assert.Equal(before, Descriptors.Count());
        Assert.Equal(0, failures.Count);
        Assert.True(refused is null || left < LeftMost, $"{refused}");
        Assert.True(refused is null || refused.ErrorCode == 24, $"{refused}"); // EMFILE
    }

    [Fact(
        Skip = "on Wine 8 a second library hangs",
        SkipType = typeof(Wine),
        SkipWhen = nameof(Wine.IsHere)
    )]
    public void A_wrong_word_in_the_environment_costs_no_descriptor()
    {
        const string Name = "BITCOINSOCK_WAIT";
        string? usual = Environment.GetEnvironmentVariable(Name);
        (Sock near, Sock far) = Sock.CreatePair();
        using Sock peer = far;
        using Socket socket = near.ToSocket();
        Environment.SetEnvironmentVariable(Name, "nonsense");
        // It asks once; so this is a second library.
        var anew = new AssemblyLoadContext(nameof(Makers), isCollectible: true);
        try
        {
            Type sock = anew.LoadFromAssemblyPath(typeof(Sock).Assembly.Location)
                .GetType(typeof(Sock).FullName!)!;
            int before = OnLinux ? Descriptors.CountHeld() : 0;
            for (int i = 0; i < 100; i++)
            {
                Assert.IsType<InvalidOperationException>(Failure(sock, "CreatePair", []));
                Assert.IsType<InvalidOperationException>(Failure(sock, "From", [socket]));
                object[] stream = [AddressFamily.Unix, SocketType.Stream, ProtocolType.Unspecified];
                Assert.IsType<InvalidOperationException>(Failure(sock, "Create", stream));
            }

            Assert.Equal(before, OnLinux ? Descriptors.Count() : 0);
        }
        finally
        {
            anew.Unload();
            Environment.SetEnvironmentVariable(Name, usual);
        }

        Assert.Equal(1, socket.Send([1]));

        static Exception? Failure(Type type, string method, object[] arguments) =>
            Assert
                .Throws<TargetInvocationException>(() =>
                    type.GetMethod(method, [.. arguments.Select(each => each.GetType())])!
                        .Invoke(null, arguments)
                )
                .InnerException;
    }

    private static void Dispose((Sock First, Sock Second) pair)
    {
        pair.First.Dispose();
        pair.Second.Dispose();
    }

    private static void AcceptOne()
    {
        using Sock listener = SockForTests.Listen(out EndPoint endPoint);
        using Sock client = Sock.Create(AddressFamily.InterNetwork);
        client.Connect(endPoint).ThrowIfError("connect");
        SockResult result = listener.Accept(out Sock accepted);
        Assert.Equal(result.IsError, accepted.IsEmpty);
        accepted.Dispose();
        result.ThrowIfError("accept");
    }

    private static void WaitBriefly()
    {
        (Sock near, Sock far) = Sock.CreatePair();
        using Sock one = near;
        using Sock other = far;
        Assert.Equal(SockResult.Ok(0), near.Wait(Within.Brief / 10, SockEvents.Recv, out _));
    }

    private static void Use(SockPoller poller)
    {
        using SockPoller one = poller;
        Assert.Equal(SockResult.Ok(0), poller.Wait(new ReadySock[1], Within.Brief / 10));
    }

    private static void HandOver(bool isAwaited)
    {
        (Sock near, Sock far) = Sock.CreatePair();
        using Sock peer = far;
        Socket socket = near.ToSocket();
        if (isAwaited)
        {
            Task<int> awaited = socket.ReceiveAsync(new byte[1]);
            far.Send([1]).ThrowIfError("send");
            Assert.Equal(1, awaited.GetAwaiter().GetResult());
        }

        Sock.From(socket).Dispose();
    }
}
