import { Center } from "@mantine/core";
import { useInfiniteQuery, useQuery } from "@tanstack/react-query";
import { lazy, Suspense } from "react";
import { Redirect, Route, Switch } from "wouter";
import { CallError } from "../api/call.ts";
import { projectsQuery, sessionQuery, waysQuery } from "../api/queries.ts";
import { ProjectPage } from "../project/ProjectPage.tsx";
import { ProjectsPage } from "../projects/ProjectsPage.tsx";
import { SignIn } from "../session/SignIn.tsx";
import { Leaving } from "./Leaving.tsx";
import { Shell } from "./Shell.tsx";
import { Empty, Loading, Trouble } from "./states.tsx";

// What only some visits need is loaded by them.
const TopologyPage = lazy(() => import("../topology/TopologyPage.tsx"));
const AccountPage = lazy(() => import("../account/AccountPage.tsx"));
const ServerPage = lazy(() => import("../server/ServerPage.tsx"));
const LabPage = lazy(() => import("../lab/LabPage.tsx"));
const LabEditPage = lazy(() => import("../topology/LabEditPage.tsx"));

/** The projects; where all is one person's, the one that there is. */
function Home() {
  const projects = useInfiniteQuery(projectsQuery);
  const ways = useQuery(waysQuery);
  if (projects.isPending || ways.isPending) return <Loading what="your labs" />;
  const [first] = projects.data ?? [];
  const isOwn = ways.data?.ways.includes("link") && first !== undefined;
  return <Redirect to={isOwn ? `/projects/${first.name}` : "/projects"} replace />;
}

/** All pages, for whoever is signed in. */
export function App() {
  const session = useQuery(sessionQuery);
  if (session.isPending)
    return (
      <Center mih="100vh">
        <Loading what="Netwright" />
      </Center>
    );
  if (session.error instanceof CallError && session.error.code === "NOT_SIGNED_IN") return <SignIn />;
  if (session.error instanceof CallError && session.error.code === "SIGN_IN_LINK_SPENT")
    return <SignIn refusal={session.error} />;
  if (session.data === undefined)
    return (
      <Center mih="100vh" p="md">
        <Trouble error={session.error} onRetry={() => void session.refetch()} />
      </Center>
    );
  return (
    <Leaving>
      <Shell user={session.data.user}>
        <Suspense fallback={<Loading what="the page" />}>
          <Switch>
            <Route path="/">
              <Home />
            </Route>
            <Route path="/projects">
              <ProjectsPage />
            </Route>
            <Route path="/projects/:project/topologies/:topology">
              {({ project, topology }) => (
                <TopologyPage key={`${project}/${topology}`} project={project} topology={topology} />
              )}
            </Route>
            <Route path="/projects/:project/labs/:lab">
              {({ project, lab }) => <LabPage key={`${project}/${lab}`} project={project} lab={lab} />}
            </Route>
            <Route path="/projects/:project/labs/:lab/edit">
              {({ project, lab }) => <LabEditPage key={`${project}/${lab}`} project={project} lab={lab} />}
            </Route>
            <Route path="/projects/:project/:tab?">
              {({ project, tab }) => <ProjectPage key={project} project={project} tab={tab} />}
            </Route>
            <Route path="/account">
              <AccountPage />
            </Route>
            <Route path="/server/:tab?">{({ tab }) => <ServerPage tab={tab} />}</Route>
            <Route>
              <Empty title="There is nothing here">The address leads to no page of Netwright.</Empty>
            </Route>
          </Switch>
        </Suspense>
      </Shell>
    </Leaving>
  );
}
